{{ config(unique_key='history_id') }}

with

versions as (
    {{ newest_versions(source('files', 'stage_history'), {'id': 'history_id'}) }}
)

select
    id as history_id,
    opportunity_id,
    stage as stage_id,
    cast(amount as decimal(18, 2)) as amount_original,
    cast(probability / 100.0 as double) as probability_rate,
    close_date,
    {{ utc('entered_at') }} as changed_at,
    {{ version_columns() }}
from versions

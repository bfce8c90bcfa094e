{{ config(unique_key='campaign_id') }}

with

versions as (
    {{ newest_versions(source('files', 'campaigns'), {'id': 'campaign_id'}) }}
)

select
    id as campaign_id,
    name as campaign_name,
    channel,
    status,
    start_date,
    end_date,
    cast(budget as decimal(18, 2)) as budget_amount,
    {{ version_columns() }}
from versions

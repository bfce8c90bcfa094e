{{ config(unique_key=['prospect_id', 'snapshot_date']) }}

with

versions as (
    {{ newest_versions(
        source('pardot', 'prospect_scores'),
        {'prospect_id': 'prospect_id', 'snapshot_date': 'snapshot_date'},
    ) }}
)

select
    prospect_id,
    snapshot_date,
    cast(score as bigint) as score,
    grade,
    {{ version_columns() }}
from versions

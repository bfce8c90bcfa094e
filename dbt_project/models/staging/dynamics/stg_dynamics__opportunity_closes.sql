{{ config(unique_key='opportunity_close_id') }}

with

versions as (
    {{ newest_versions(source('dynamics', 'opportunity_closes'), {'id': 'opportunity_close_id'}) }}
)

select
    id as opportunity_close_id,
    opportunityid as opportunity_id,
    owninguser as owner_id,
    opportunitystatecode_label as opportunity_state,
    opportunitystatuscode_label as status_reason,
    cast(actualrevenue as decimal(18, 2)) as actual_amount_original,
    {{ utc('actualend') }} as closed_at,
    {{ version_columns() }}
from versions

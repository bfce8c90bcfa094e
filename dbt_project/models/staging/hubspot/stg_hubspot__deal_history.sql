{{ config(unique_key=['opportunity_id', 'property', 'changed_at']) }}

with

versions as (
    {{ newest_versions(
        source('hubspot', 'deal_history'),
        {'deal_id': 'opportunity_id', 'property': 'property', 'changed_at': 'changed_at'},
    ) }}
)

select
    deal_id as opportunity_id,
    property,
    value,
    {{ utc('changed_at') }} as changed_at,
    source_type,
    {{ version_columns() }}
from versions

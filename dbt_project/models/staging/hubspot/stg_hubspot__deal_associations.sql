{{ config(unique_key=['opportunity_id', 'object_type', 'object_id']) }}

with

versions as (
    {{ newest_versions(
        source('hubspot', 'deal_associations'),
        {'deal_id': 'opportunity_id', 'object_type': 'object_type', 'object_id': 'object_id'},
    ) }}
)

select
    deal_id as opportunity_id,
    object_type,
    object_id,
    is_primary,
    labels,
    {{ version_columns() }}
from versions

{{ config(unique_key=['audit_id', 'attribute']) }}

with

versions as (
    {{ newest_versions(
        source('dynamics', 'opportunity_history'),
        {'audit_id': 'audit_id', 'attribute': 'attribute'},
    ) }}
)

select
    audit_id,
    attribute,
    object_type,
    object_id,
    old_value,
    new_value,
    user_id,
    {{ utc('changed_at') }} as changed_at,
    {{ version_columns() }}
from versions

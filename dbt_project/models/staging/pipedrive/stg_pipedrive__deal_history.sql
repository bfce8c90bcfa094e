{{ config(unique_key=['opportunity_id', 'field_key', 'changed_at', 'change_number']) }}

with

versions as (
    {{ newest_versions(
        source('pipedrive', 'deal_history'),
        {'deal_id': 'opportunity_id', 'field_key': 'field_key', 'changed_at': 'changed_at', 'change_number': 'change_number'},
    ) }}
)

select
    deal_id as opportunity_id,
    field_key,
    field_name,
    old_value,
    new_value,
    actor_user_id,
    {{ utc('changed_at') }} as changed_at,
    change_number,
    {{ version_columns() }}
from versions

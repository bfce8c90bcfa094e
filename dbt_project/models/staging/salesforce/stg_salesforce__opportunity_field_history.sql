{{ config(unique_key='field_history_id') }}

with

versions as (
    {{ newest_versions(
        source('salesforce', 'opportunity_field_history'),
        {'id': 'field_history_id'},
    ) }}
)

select
    id as field_history_id,
    opportunity_id,
    field as field_name,
    data_type,
    old_value,
    new_value,
    created_by_id as changed_by_id,
    {{ utc('created_date') }} as changed_at,
    {{ version_columns() }}
from versions

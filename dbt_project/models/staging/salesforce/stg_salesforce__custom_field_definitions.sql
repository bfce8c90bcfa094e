{{ config(unique_key=['object_name', 'field_name']) }}

with

versions as (
    {{ newest_versions(
        source('salesforce', 'custom_field_definitions'),
        {'object': 'object_name', 'name': 'field_name'},
    ) }}
)

select
    object as object_name,
    name as field_name,
    label,
    type as field_type,
    length,
    precision,
    scale,
    is_calculated,
    formula,
    reference_to,
    picklist_values,
    help_text,
    {{ version_columns() }}
from versions

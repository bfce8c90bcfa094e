{{ config(unique_key='contact_role_id') }}

with

versions as (
    {{ newest_versions(
        source('salesforce', 'opportunity_contact_roles'),
        {'id': 'contact_role_id'},
    ) }}
)

select
    id as contact_role_id,
    opportunity_id,
    contact_id,
    role,
    is_primary,
    {{ utc('created_date') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions

{{ config(unique_key='account_id') }}

with

versions as (
    {{ newest_versions(source('linkedin_ads', 'accounts'), {'id': 'account_id'}) }}
)

select
    id as account_id,
    name as account_name,
    currency as currency_code,
    type as account_type,
    status,
    reference as organization_urn,
    test as is_test,
    {{ utc('created_at') }} as created_at,
    {{ utc('last_modified_at') }} as updated_at,
    {{ version_columns() }}
from versions

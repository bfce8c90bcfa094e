{{ config(unique_key='account_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'companies'), {'id': 'account_id'}) }}
)

select
    id as account_id,
    name as account_name,
    industry,
    segment,
    cast(numberofemployees as bigint) as employee_count,
    cast(annualrevenue as decimal(18, 2)) as annual_revenue_amount,
    country,
    region as region_name,
    domain as website,
    hubspot_owner_id as owner_id,
    cast(null as varchar) as merged_into_id,
    hs_merged_object_ids as merged_ids,
    {{ utc('created_at') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions

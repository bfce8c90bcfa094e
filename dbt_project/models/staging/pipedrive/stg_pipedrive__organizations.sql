{{ config(unique_key='account_id') }}

with

versions as (
    {{ newest_versions(source('pipedrive', 'organizations'), {'id': 'account_id'}) }}
)

select
    id as account_id,
    name as account_name,
    industry,
    segment,
    employees as employee_count,
    cast(annual_revenue as decimal(18, 2)) as annual_revenue_amount,
    country,
    region as region_name,
    website,
    owner_id,
    cast(null as varchar) as merged_into_id,
    cast(null as varchar) as merged_ids,
    {{ utc('add_time') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions

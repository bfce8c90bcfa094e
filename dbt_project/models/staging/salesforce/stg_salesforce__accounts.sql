{{ config(unique_key='account_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'accounts'), {'id': 'account_id'}) }}
)

select
    id as account_id,
    name as account_name,
    industry,
    segment_c as segment,
    cast(number_of_employees as bigint) as employee_count,
    cast(annual_revenue as decimal(18, 2)) as annual_revenue_amount,
    billing_country as country,
    region_c as region_name,
    website,
    owner_id,
    master_record_id as merged_into_id,
    cast(null as varchar) as merged_ids,
    {{ utc('created_date') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions

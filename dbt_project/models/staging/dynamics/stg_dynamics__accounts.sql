{{ config(unique_key='account_id') }}

with

versions as (
    {{ newest_versions(source('dynamics', 'accounts'), {'id': 'account_id'}) }}
)

select
    id as account_id,
    name as account_name,
    industrycode_label as industry,
    new_segment_label as segment,
    cast(numberofemployees as bigint) as employee_count,
    cast(revenue as decimal(18, 2)) as annual_revenue_amount,
    address1_country as country,
    territoryid_label as region_name,
    websiteurl as website,
    owninguser as owner_id,
    masterid as merged_into_id,
    cast(null as varchar) as merged_ids,
    {{ utc('createdon') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions

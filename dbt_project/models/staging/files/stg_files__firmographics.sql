{{ config(unique_key='firmographic_id') }}

with

versions as (
    {{ newest_versions(source('files', 'firmographics'), {'id': 'firmographic_id'}) }}
)

select
    id as firmographic_id,
    lower(domain) as domain,
    name as company_name,
    industry,
    industry_code,
    employees as employee_count,
    cast(annual_revenue as decimal(18, 2)) as annual_revenue_original,
    currency as currency_code,
    country,
    region as region_name,
    city,
    founded_year,
    ownership,
    lower(parent_domain) as parent_domain,
    technologies,
    provider,
    {{ utc('enriched_at') }} as enriched_at,
    custom_fields,
    {{ version_columns() }}
from versions

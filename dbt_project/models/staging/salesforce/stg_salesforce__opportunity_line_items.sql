{{ config(unique_key='line_item_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'opportunity_line_items'), {'id': 'line_item_id'}) }}
)

select
    id as line_item_id,
    opportunity_id,
    product2_id as product_id,
    cast(quantity as double) as quantity,
    cast(unit_price as decimal(18, 2)) as unit_price_original,
    cast(total_price as decimal(18, 2)) as total_price_original,
    currency_iso_code as currency_code,
    {{ utc('created_date') }} as created_at,
    {{ version_columns() }}
from versions

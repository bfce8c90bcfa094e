{{ config(unique_key='line_item_id') }}

with

versions as (
    {{ newest_versions(source('pipedrive', 'deal_products'), {'id': 'line_item_id'}) }}
)

select
    id as line_item_id,
    deal_id as opportunity_id,
    product_id,
    name as product_name,
    cast(quantity as double) as quantity,
    cast(item_price as decimal(18, 2)) as unit_price_amount_original,
    currency as currency_code,
    order_nr as line_order,
    is_enabled,
    {{ utc('add_time') }} as created_at,
    {{ version_columns() }}
from versions

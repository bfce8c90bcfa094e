{{ config(unique_key='forecast_item_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'forecast_items'), {'id': 'forecast_item_id'}) }}
)

select
    id as forecast_item_id,
    owner_id,
    period_id,
    forecasting_type_id as forecast_type_id,
    parent_forecasting_item_id as parent_forecast_item_id,
    territory2_id as territory_id,
    product_family,
    forecast_category_name,
    forecasting_item_category as item_category,
    cast(forecast_amount as decimal(18, 2)) as forecast_amount_original,
    cast(owner_only_amount as decimal(18, 2)) as owner_only_amount_original,
    cast(amount_without_adjustments as decimal(18, 2)) as unadjusted_amount_original,
    currency_iso_code as currency_code,
    has_adjustment,
    has_owner_adjustment,
    is_quantity,
    is_up_to_date,
    {{ version_columns() }}
from versions

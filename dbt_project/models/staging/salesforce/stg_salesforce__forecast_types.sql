{{ config(unique_key='forecast_type_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'forecast_types'), {'id': 'forecast_type_id'}) }}
)

select
    id as forecast_type_id,
    developer_name,
    master_label as forecast_type_name,
    role_type,
    date_type,
    is_amount,
    is_quantity,
    is_active,
    {{ version_columns() }}
from versions

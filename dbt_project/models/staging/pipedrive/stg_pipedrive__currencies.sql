{{ config(unique_key='currency_id') }}

with

versions as (
    {{ newest_versions(source('pipedrive', 'currencies'), {'id': 'currency_id'}) }}
)

select
    id as currency_id,
    code as currency_code,
    name as currency_name,
    {{ version_columns() }}
from versions

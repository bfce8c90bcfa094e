{{ config(unique_key='pipeline_id') }}

with

versions as (
    {{ newest_versions(source('pipedrive', 'pipelines'), {'id': 'pipeline_id'}) }}
)

select
    id as pipeline_id,
    name as pipeline_name,
    cast(order_nr as integer) as pipeline_order,
    {{ version_columns() }}
from versions

{{ config(unique_key='stage_id') }}

with

versions as (
    {{ newest_versions(source('pipedrive', 'stages'), {'id': 'stage_id'}) }}
)

select
    id as stage_id,
    name as stage_name,
    pipeline_id,
    cast(order_nr as integer) as stage_order,
    cast(deal_probability / 100 as double) as probability_rate,
    {{ version_columns() }}
from versions

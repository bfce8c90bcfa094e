{{ config(unique_key=['currency_id', 'version_at']) }}

with

versions as (
    {{ newest_versions(
        source('dynamics', 'currencies'),
        {'id': 'currency_id', '_version_at': 'version_at'},
    ) }}
)

select
    id as currency_id,
    {{ utc('_version_at') }} as version_at,
    isocurrencycode as currency_code,
    cast(exchangerate as double) as units_per_base_currency,
    {{ version_columns() }}
from versions

{{ config(unique_key='phone_number_id') }}

with

versions as (
    {{ newest_versions(source('aircall', 'numbers'), {'id': 'phone_number_id'}) }}
)

select
    id as phone_number_id,
    name as phone_number_name,
    digits as phone_number,
    country as country_code,
    time_zone,
    is_ivr,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions

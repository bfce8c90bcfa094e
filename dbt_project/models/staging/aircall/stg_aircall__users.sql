{{ config(unique_key='user_id') }}

with

versions as (
    {{ newest_versions(source('aircall', 'users'), {'id': 'user_id'}) }}
)

select
    id as user_id,
    name as user_name,
    lower(email) as email,
    time_zone,
    language,
    number_ids as phone_number_ids,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions

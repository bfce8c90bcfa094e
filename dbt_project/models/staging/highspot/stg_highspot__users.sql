{{ config(unique_key='user_id') }}

with

versions as (
    {{ newest_versions(source('highspot', 'users'), {'id': 'user_id'}) }}
)

select
    id as user_id,
    coalesce(name, nullif(trim(concat_ws(' ', first_name, last_name)), '')) as user_name,
    lower(email) as email,
    title,
    department,
    verified as is_verified,
    {{ utc('date_added') }} as created_at,
    {{ version_columns() }}
from versions

{{ config(unique_key='email_group_id') }}

with

versions as (
    {{ newest_versions(source('eloqua', 'email_groups'), {'id': 'email_group_id'}) }}
)

select
    id as email_group_id,
    name as email_group_name,
    display_name,
    description,
    subscription_list_id,
    un_subscription_list_id as unsubscription_list_id,
    email_ids,
    coalesce(is_visible_in_public_subscription_list, false) as is_public,
    {{ utc('created_at') }} as created_at,
    {{ utc('updated_at') }} as updated_at,
    {{ version_columns() }}
from versions

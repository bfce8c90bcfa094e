{{ config(unique_key='mailbox_id') }}

with

versions as (
    {{ newest_versions(source('microsoft_graph', 'mailboxes'), {'id': 'mailbox_id'}) }}
)

select
    id as mailbox_id,
    lower(email) as email,
    name as user_name,
    lower(user_principal_name) as user_principal_name,
    addresses as aliases,
    job_title,
    department,
    user_type,
    coalesce(is_enabled, true) as is_active,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions

{{ config(unique_key='mailbox_id') }}

with

versions as (
    {{ newest_versions(source('gmail', 'mailboxes'), {'id': 'mailbox_id'}) }}
)

select
    id as mailbox_id,
    lower(email) as email,
    name as user_name,
    lower(aliases) as aliases,
    org_unit_path,
    not coalesce(is_suspended, false) as is_active,
    has_mailbox,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions

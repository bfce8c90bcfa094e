{{ config(unique_key='email_id') }}

with

versions as (
    {{ newest_versions(source('eloqua', 'emails'), {'id': 'email_id'}) }}
)

select
    id as email_id,
    name as email_name,
    description,
    subject,
    current_status as status,
    email_group_id,
    sender_name,
    lower(sender_email) as sender_email,
    lower(reply_to_email) as reply_to_email,
    folder_id,
    coalesce(is_tracked, false) as is_tracked,
    coalesce(is_private, false) as is_private,
    coalesce(send_plain_text_only, false) as is_plain_text_only,
    coalesce(archived, false) as is_archived,
    {{ utc('created_at') }} as created_at,
    {{ utc('updated_at') }} as updated_at,
    {{ version_columns() }}
from versions

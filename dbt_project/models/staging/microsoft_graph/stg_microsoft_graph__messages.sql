{{ config(unique_key=['mailbox_id', 'message_id']) }}

with

versions as (
    {{ newest_versions(
        source('microsoft_graph', 'messages'),
        {'mailbox_id': 'mailbox_id', 'id': 'message_id'},
    ) }}
)

select
    mailbox_id,
    id as message_id,
    lower(mailbox_email) as mailbox_email,
    conversation_id,
    conversation_index,
    message_id as internet_message_id,
    case when is_sent then 'outbound' else 'inbound' end as direction,
    from_name,
    lower(from_address) as from_email,
    lower(to_addresses) as to_emails,
    lower(cc_addresses) as cc_emails,
    subject,
    folder_id,
    folder_name,
    is_read,
    has_attachments,
    {{ utc('sent_at') }} as sent_at,
    {{ utc('received_at') }} as received_at,
    {{ utc('modified_at') }} as modified_at,
    {{ version_columns() }}
from versions

{{ config(unique_key='list_email_id') }}

with

versions as (
    {{ newest_versions(source('pardot', 'list_emails'), {'id': 'list_email_id'}) }}
)

select
    id as list_email_id,
    name as email_campaign_name,
    subject,
    campaign_id,
    email_template_id,
    coalesce(is_sent, false) as is_sent,
    coalesce(is_paused, false) as is_paused,
    {{ utc('sent_at') }} as sent_at,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions

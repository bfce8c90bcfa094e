{{ config(unique_key=['activity_type', 'activity_id']) }}

with

versions as (
    {{ newest_versions(
        source('eloqua', 'bouncebacks'),
        {'activity_type': 'activity_type', 'activity_id': 'activity_id'},
    ) }}
)

select
    activity_type,
    activity_id,
    contact_id,
    lower(email_address) as email,
    asset_type,
    asset_id,
    asset_name,
    campaign_id,
    email_recipient_id,
    deployment_id,
    smtp_error_code,
    smtp_status_code,
    smtp_message,
    external_id,
    {{ utc('activity_date') }} as occurred_at,
    {{ version_columns() }}
from versions

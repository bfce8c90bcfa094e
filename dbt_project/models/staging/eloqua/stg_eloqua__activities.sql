{{ config(unique_key=['activity_type', 'activity_id']) }}

with

versions as (
    {{ newest_versions(
        source('eloqua', 'activities'),
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
    email_send_type as send_type,
    subject_line as subject,
    visitor_id,
    visitor_external_id,
    web_visit_id,
    url,
    referrer_url,
    cast(number_of_pages as bigint) as page_count,
    duration,
    ip_address,
    raw_data,
    external_id,
    {{ utc('activity_date') }} as occurred_at,
    {{ version_columns() }}
from versions

{{ config(unique_key='activity_id') }}

with

versions as (
    {{ newest_versions(source('pardot', 'visitor_activities'), {'id': 'activity_id'}) }}
)

select
    id as activity_id,
    prospect_id,
    visitor_id,
    cast(type as bigint) as activity_type_code,
    type_name as asset_type,
    details,
    campaign_id,
    list_email_id,
    email_id,
    form_id,
    form_handler_id,
    landing_page_id,
    opportunity_id,
    {{ utc('created_at') }} as occurred_at,
    {{ version_columns() }}
from versions

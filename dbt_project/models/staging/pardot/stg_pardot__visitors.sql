{{ config(unique_key='visitor_id') }}

with

versions as (
    {{ newest_versions(source('pardot', 'visitors'), {'id': 'visitor_id'}) }}
)

select
    id as visitor_id,
    prospect_id,
    campaign_id,
    cast(page_view_count as bigint) as page_view_count,
    coalesce(is_identified, false) as is_identified,
    source_parameter as utm_source,
    medium_parameter as utm_medium,
    campaign_parameter as utm_campaign,
    content_parameter as utm_content,
    term_parameter as utm_term,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions

{{ config(unique_key='campaign_id') }}

with

versions as (
    {{ newest_versions(source('eloqua', 'campaigns'), {'id': 'campaign_id'}) }}
)

select
    id as campaign_id,
    name as campaign_name,
    description,
    current_status as status,
    campaign_type,
    campaign_category,
    product,
    region,
    crm_id,
    folder_id,
    cast(budgeted_cost as double) as budgeted_cost,
    cast(actual_cost as double) as actual_cost,
    cast(member_count as bigint) as member_count,
    coalesce(is_email_marketing_campaign, false) as is_mailing,
    coalesce(is_included_in_roi, false) as is_included_in_roi,
    coalesce(is_synced_with_crm, false) as is_synced_with_crm,
    {{ utc('start_at') }} as started_at,
    {{ utc('end_at') }} as ended_at,
    {{ utc('first_activation') }} as first_activated_at,
    {{ utc('created_at') }} as created_at,
    {{ utc('updated_at') }} as updated_at,
    {{ version_columns() }}
from versions

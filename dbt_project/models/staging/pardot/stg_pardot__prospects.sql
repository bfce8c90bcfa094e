{{ config(unique_key='prospect_id') }}

with

versions as (
    {{ newest_versions(source('pardot', 'prospects'), {'id': 'prospect_id'}) }}
)

select
    id as prospect_id,
    nullif(trim(concat_ws(' ', first_name, last_name)), '') as prospect_name,
    lower(email) as email,
    company as company_name,
    job_title as title,
    phone,
    industry,
    cast(employees as bigint) as employee_count,
    city,
    state,
    country,
    website,
    source as lead_source,
    campaign_id,
    assigned_to_id as owner_id,
    lifecycle_stage_id,
    prospect_account_id,
    cast(score as bigint) as score,
    grade,
    salesforce_lead_id,
    salesforce_contact_id,
    salesforce_account_id,
    salesforce_owner_id,
    coalesce(opted_out, false) as is_opted_out,
    coalesce(is_do_not_email, false) as is_do_not_email,
    coalesce(is_do_not_call, false) as is_do_not_call,
    coalesce(is_email_hard_bounced, false) as is_email_hard_bounced,
    {{ utc('email_bounced_at') }} as email_bounced_at,
    {{ utc('last_activity_at') }} as last_activity_at,
    {{ utc('converted_at') }} as converted_at,
    {{ utc('created_at') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions

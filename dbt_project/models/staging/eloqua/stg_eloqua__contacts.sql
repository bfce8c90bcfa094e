{{ config(unique_key='contact_id') }}

with

versions as (
    {{ newest_versions(source('eloqua', 'contacts'), {'id': 'contact_id'}) }}
)

select
    id as contact_id,
    nullif(trim(concat_ws(' ', first_name, last_name)), '') as contact_name,
    lower(email_address) as email,
    account_id,
    company as company_name,
    title,
    bus_phone as phone,
    mobile_phone,
    city,
    state_prov as state,
    zip_postal as postal_code,
    country,
    industry,
    lead_source,
    lead_status,
    sales_person,
    sfdc_contact_id as salesforce_contact_id,
    sfdc_lead_id as salesforce_lead_id,
    sfdc_account_id as salesforce_account_id,
    coalesce(is_subscribed, true) as is_subscribed,
    coalesce(is_bounced, false) as is_bounced,
    {{ utc('created_at') }} as created_at,
    {{ utc('updated_at') }} as updated_at,
    custom_fields,
    {{ version_columns() }}
from versions

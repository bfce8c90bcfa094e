{{ config(unique_key='lead_id') }}

with

versions as (
    {{ newest_versions(source('marketo', 'leads'), {'id': 'lead_id'}) }}
)

select
    id as lead_id,
    nullif(trim(concat_ws(' ', first_name, last_name)), '') as lead_name,
    lower(email) as email,
    phone,
    company as company_name,
    title,
    industry,
    cast(number_of_employees as bigint) as employee_count,
    country,
    lead_source,
    lead_status as status,
    cast(lead_score as bigint) as lead_score,
    unsubscribed as is_unsubscribed,
    email_invalid as is_email_invalid,
    acquisition_program_id,
    sfdc_lead_id as salesforce_lead_id,
    sfdc_contact_id as salesforce_contact_id,
    sfdc_account_id as salesforce_account_id,
    merged_into_id,
    {{ utc('created_at') }} as created_at,
    {{ utc('updated_at') }} as updated_at,
    custom_fields,
    {{ version_columns() }}
from versions

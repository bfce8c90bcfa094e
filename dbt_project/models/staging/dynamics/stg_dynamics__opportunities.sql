{{ config(unique_key='opportunity_id') }}

with

versions as (
    {{ newest_versions(source('dynamics', 'opportunities'), {'id': 'opportunity_id'}) }}
)

select
    id as opportunity_id,
    coalesce(parentaccountid, case when customerid_type = 'account' then customerid end)
        as account_id,
    coalesce(parentcontactid, case when customerid_type = 'contact' then customerid end)
        as contact_id,
    owninguser as owner_id,
    new_productid as product_id,
    campaignid as campaign_id,
    name as opportunity_name,
    new_type_label as opportunity_type,
    stepname as step_name,
    cast(estimatedvalue as decimal(18, 2)) as estimated_amount_original,
    cast(actualvalue as decimal(18, 2)) as actual_amount_original,
    transactioncurrencyid as currency_id,
    cast(closeprobability / 100.0 as double) as probability_rate,
    {{ forecast_category('msdyn_forecastcategory_label') }} as forecast_category,
    estimatedclosedate as estimated_close_date,
    actualclosedate as actual_close_date,
    coalesce(statecode in (1, 2), false) as is_closed,
    coalesce(statecode = 1, false) as is_won,
    statuscode_label as status_reason,
    new_leadsource_label as lead_source,
    new_competitorname as competitor_name,
    new_nextstep as next_step,
    {{ utc('createdon') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions

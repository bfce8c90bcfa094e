with

leads as (
    select * from {{ ref('int_leads__unioned') }}
),

keys as (
    select * from {{ ref('int_leads__keys') }}
),

reps as (
    select * from {{ ref('int_sales_reps__versions') }}
    where is_current
),

campaigns as (
    select * from {{ ref('int_campaigns__keys') }}
),

opportunities as (
    select * from {{ ref('int_opportunities__unioned') }}
)

select
    keys.lead_key,
    leads.lead_id,
    leads.source,
    leads.lead_name,
    leads.email,
    leads.company_name,
    leads.title,
    leads.industry,
    leads.employee_count,
    leads.country,
    leads.region_name,
    leads.lead_source,
    leads.status,
    coalesce(reps.sales_rep_key, {{ unassigned_rep_key() }}) as sales_rep_key,
    campaigns.campaign_key,
    leads.created_at,
    {{ local_date('leads.created_at') }} as created_date,
    coalesce(leads.is_converted, false) as is_converted,
    leads.converted_at,
    {{ surrogate_key('opportunities.source', 'opportunities.opportunity_id') }}
        as converted_opportunity_key,
    leads.custom_fields
from leads
inner join keys
    on leads.source = keys.source
    and leads.lead_id = keys.lead_id
left join reps
    on leads.source = reps.source
    and leads.owner_id = reps.sales_rep_id
left join campaigns
    on leads.source = campaigns.source
    and leads.campaign_id = campaigns.campaign_id
left join opportunities
    on leads.source = opportunities.source
    and leads.converted_opportunity_id = opportunities.opportunity_id
where keys.lead_key = {{ surrogate_key('leads.source', 'leads.lead_id') }}

{{ config(enabled='dynamics' in enabled_sources()) }}

{#-
Dataverse does not keep when a lead was qualified; where the company does not either, it is when the
opportunity of the qualification was created.
-#}

with

leads as (
    select * from {{ ref('stg_dynamics__leads') }}
),

opportunities as (
    select * from {{ ref('stg_dynamics__opportunities') }}
)

select
    leads.lead_id,
    leads.lead_name,
    leads.email,
    leads.company_name,
    leads.title,
    leads.industry,
    leads.employee_count,
    leads.country,
    leads.region_name,
    leads.lead_source,
    case
        when leads.is_qualified then 'Converted'
        when leads.is_disqualified then 'Disqualified'
        when leads.status_reason = 'Contacted' then 'Working'
        when leads.status_reason = 'Sales Ready' then 'Qualified'
        else leads.status_reason
    end as status,
    leads.owner_id,
    leads.campaign_id,
    leads.is_qualified as is_converted,
    case
        when leads.is_qualified
            then coalesce(leads.qualified_at, opportunities.created_at, leads.modified_at)
    end as converted_at,
    leads.qualifying_opportunity_id as converted_opportunity_id,
    leads.created_at,
    leads.custom_fields,
    leads.is_deleted,
    leads._changed_run
from leads
left join opportunities
    on leads.qualifying_opportunity_id = opportunities.opportunity_id

{{ config(enabled='pipedrive' in enabled_sources()) }}

{#-
A Pipedrive lead is about a person. Its conversion deletes it and leaves its id and its custom fields on
the deal, so a lead that a deal names is a converted one, whether or not it is still there itself.
-#}

with

leads as (
    select * from {{ ref('stg_pipedrive__leads') }}
),

deals as (
    select *
    from (
        select
            *,
            row_number() over (
                partition by source_lead_id
                order by is_deleted asc, created_at desc, opportunity_id asc
            ) as lead_rank
        from {{ ref('stg_pipedrive__deals') }}
        where source_lead_id is not null
    ) as ranked
    where lead_rank = 1
),

known as (
    select
        coalesce(leads.lead_id, deals.source_lead_id) as lead_id,
        coalesce(leads.person_id, deals.contact_id) as person_id,
        coalesce(leads.company_name, deals.company_name) as company_name,
        coalesce(leads.industry, deals.industry) as industry,
        coalesce(leads.employee_count, deals.employee_count) as employee_count,
        coalesce(leads.country, deals.country) as country,
        coalesce(leads.region_name, deals.region_name) as region_name,
        coalesce(leads.lead_source, deals.lead_source) as lead_source,
        leads.lead_status,
        coalesce(leads.owner_id, deals.owner_id) as owner_id,
        coalesce(leads.campaign_id, deals.campaign_id) as campaign_id,
        deals.source_lead_id is not null or leads.converted_at is not null as is_converted,
        coalesce(leads.converted_at, deals.created_at) as converted_at,
        deals.opportunity_id as converted_opportunity_id,
        coalesce(leads.created_at, deals.lead_created_at, deals.created_at) as created_at,
        leads.custom_fields,
        deals.source_lead_id is null and leads.is_deleted as is_deleted,
        greatest(coalesce(leads._changed_run, 0), coalesce(deals._changed_run, 0)) as _changed_run
    from leads
    full outer join deals
        on leads.lead_id = deals.source_lead_id
)

select
    known.lead_id,
    persons.contact_name as lead_name,
    persons.email,
    known.company_name,
    persons.title,
    known.industry,
    known.employee_count,
    known.country,
    known.region_name,
    known.lead_source,
    case
        when known.is_converted then 'Converted'
        else {{ lead_status('known.lead_status') }}
    end as status,
    known.owner_id,
    known.campaign_id,
    known.is_converted,
    known.converted_at,
    known.converted_opportunity_id,
    cast(null as varchar) as merged_into_id,
    cast(null as varchar) as merged_ids,
    known.created_at,
    known.custom_fields,
    known.is_deleted,
    greatest(known._changed_run, coalesce(persons._changed_run, 0)) as _changed_run
from known
left join {{ ref('stg_pipedrive__persons') }} as persons
    on known.person_id = persons.contact_id

{#-
An address may belong to several leads: an event counts for the newest one created before it, else
for the first.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget('engagement_key', changed_engagements()) }}",
    post_hook="{{ remember_run() }}",
) }}

-- depends_on: {{ ref('int_marketing_engagements__held') }}
-- depends_on: {{ ref('int_leads__unioned') }}
-- depends_on: {{ ref('int_leads__keys') }}

with

engagements as (
    select
        unioned.*,
        {{ surrogate_key('unioned.source', 'unioned.event_id') }} as engagement_key
    from {{ ref('int_marketing_engagements__unioned') }} as unioned
    {% if is_incremental() %}
    inner join {{ changed_keys() }} as changed
        on {{ surrogate_key('unioned.source', 'unioned.event_id') }} = changed.engagement_key
    {% endif %}
),

ordered_leads as (
    select
        lead_key,
        email,
        created_at,
        row_number() over (partition by email order by created_at, lead_key) as lead_number,
        lead(created_at) over (partition by email order by created_at, lead_key) as next_created_at
    from {{ ref('fct_leads') }}
    where email is not null
),

leads as (
    select
        lead_key,
        email,
        case when lead_number = 1 then timestamp '1900-01-01' else created_at end as counts_from,
        coalesce(next_created_at, timestamp '9999-12-31') as counts_to
    from ordered_leads
)

select
    engagements.engagement_key,
    engagements.source,
    leads.lead_key,
    engagements.email,
    engagements.email_campaign_name,
    engagements.engagement_type,
    engagements.occurred_at,
    {{ local_date('engagements.occurred_at') }} as engagement_date
from engagements
left join leads
    on engagements.email = leads.email
    and engagements.occurred_at >= leads.counts_from
    and engagements.occurred_at < leads.counts_to

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget('activity_key', changed_activities()) }}",
    post_hook="{{ remember_run() }}",
) }}

-- depends_on: {{ ref('int_activities__held') }}

with

activities as (
    select
        unioned.*,
        {{ surrogate_key('unioned.source', 'unioned.activity_id') }} as activity_key,
        {{ local_date('unioned.occurred_at') }} as activity_date
    from {{ ref('int_activities__unioned') }} as unioned
    {% if is_incremental() %}
    inner join {{ changed_keys() }} as changed
        on {{ surrogate_key('unioned.source', 'unioned.activity_id') }} = changed.activity_key
    {% endif %}
),

reps as (
    select * from {{ ref('int_sales_reps__versions') }}
),

accounts as (
    select * from {{ ref('int_accounts__keys') }}
),

contacts as (
    select * from {{ ref('int_contacts__keys') }}
),

leads as (
    select * from {{ ref('int_leads__keys') }}
),

opportunities as (
    select * from {{ ref('int_opportunities__changes') }}
    where not is_deleted
)

select
    activities.activity_key,
    activities.activity_id,
    activities.source,
    activities.activity_type,
    activities.direction,
    activities.subject,
    activities.occurred_at,
    activities.activity_date,
    activities.duration_seconds,
    activities.outcome,
    coalesce(activities.is_completed, false) as is_completed,
    coalesce(reps.sales_rep_key, {{ unassigned_rep_key() }}) as sales_rep_key,
    accounts.account_key,
    contacts.contact_key,
    opportunities.opportunity_key,
    leads.lead_key
from activities
left join reps
    on {{ rep_valid_on(
        'reps', 'activities.source', 'activities.owner_id', 'activities.activity_date'
    ) }}
left join accounts
    on activities.source = accounts.source
    and activities.account_id = accounts.account_id
left join contacts
    on activities.source = contacts.source
    and activities.contact_id = contacts.contact_id
left join leads
    on activities.source = leads.source
    and activities.lead_id = leads.lead_id
left join opportunities
    on activities.source = opportunities.source
    and activities.opportunity_id = opportunities.opportunity_id

{{ config(enabled='dynamics' in enabled_sources()) }}

{#-
An activity regards one record, and others take part in it. What regards a deal belongs to the
deal's account, too.
-#}

with

activities as (
    select
        phone_call_id as activity_id,
        'call' as activity_type,
        direction,
        subject,
        category,
        scheduled_start_at,
        actual_start_at,
        actual_end_at,
        duration_minutes,
        created_at,
        is_completed,
        owner_id,
        regarding_id,
        regarding_type,
        contact_id,
        lead_id,
        is_deleted,
        _changed_run
    from {{ ref('stg_dynamics__phone_calls') }}
    union all
    select
        email_id as activity_id,
        'email' as activity_type,
        direction,
        subject,
        category,
        scheduled_start_at,
        actual_start_at,
        actual_end_at,
        duration_minutes,
        created_at,
        is_completed,
        owner_id,
        regarding_id,
        regarding_type,
        contact_id,
        lead_id,
        is_deleted,
        _changed_run
    from {{ ref('stg_dynamics__emails') }}
    union all
    select
        appointment_id as activity_id,
        'meeting' as activity_type,
        cast(null as varchar) as direction,
        subject,
        category,
        scheduled_start_at,
        actual_start_at,
        actual_end_at,
        duration_minutes,
        created_at,
        is_completed,
        owner_id,
        regarding_id,
        regarding_type,
        contact_id,
        lead_id,
        is_deleted,
        _changed_run
    from {{ ref('stg_dynamics__appointments') }}
    union all
    select
        task_id as activity_id,
        'task' as activity_type,
        cast(null as varchar) as direction,
        subject,
        category,
        scheduled_start_at,
        actual_start_at,
        actual_end_at,
        duration_minutes,
        created_at,
        is_completed,
        owner_id,
        regarding_id,
        regarding_type,
        contact_id,
        lead_id,
        is_deleted,
        _changed_run
    from {{ ref('stg_dynamics__tasks') }}
),

opportunities as (
    select * from {{ ref('stg_dynamics__opportunities') }}
)

select
    activities.activity_id,
    activities.activity_type,
    activities.direction,
    activities.subject,
    coalesce(activities.actual_start_at, activities.scheduled_start_at, activities.created_at)
        as occurred_at,
    coalesce(
        {{ elapsed_seconds('activities.actual_start_at', 'activities.actual_end_at') }},
        activities.duration_minutes * 60
    ) as duration_seconds,
    activities.category as outcome,
    activities.is_completed,
    activities.owner_id,
    coalesce(
        opportunities.account_id,
        case when activities.regarding_type = 'account' then activities.regarding_id end
    ) as account_id,
    coalesce(
        activities.contact_id,
        case when activities.regarding_type = 'contact' then activities.regarding_id end
    ) as contact_id,
    coalesce(
        activities.lead_id,
        case when activities.regarding_type = 'lead' then activities.regarding_id end
    ) as lead_id,
    case when activities.regarding_type = 'opportunity' then activities.regarding_id end
        as opportunity_id,
    activities.is_deleted,
    activities._changed_run
from activities
left join opportunities
    on activities.regarding_type = 'opportunity'
    and activities.regarding_id = opportunities.opportunity_id

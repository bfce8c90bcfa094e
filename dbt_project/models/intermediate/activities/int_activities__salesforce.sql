{{ config(enabled='salesforce' in enabled_sources()) }}

{#- A who is a contact or a lead and a what is an opportunity or an account: the ids tell, each is
looked for among both. -#}

select
    task_id as activity_id,
    case
        when lower(coalesce(task_subtype, task_type)) = 'call' then 'call'
        when lower(coalesce(task_subtype, task_type)) = 'email' then 'email'
        when lower(task_type) in ('call', 'email') then lower(task_type)
        when lower(task_type) = 'note' then 'note'
        else 'task'
    end as activity_type,
    lower(direction) as direction,
    subject,
    coalesce(
        completed_at,
        {{ start_of_local_date('activity_date') }},
        created_at
    ) as occurred_at,
    duration_seconds,
    coalesce(call_disposition, status) as outcome,
    coalesce(is_closed, false) as is_completed,
    owner_id,
    account_id,
    who_id as contact_id,
    who_id as lead_id,
    what_id as opportunity_id,
    is_deleted,
    _changed_run
from {{ ref('stg_salesforce__tasks') }}

union all

select
    event_id as activity_id,
    'meeting' as activity_type,
    cast(null as varchar) as direction,
    subject,
    coalesce(started_at, created_at) as occurred_at,
    duration_minutes * 60 as duration_seconds,
    cast(null as varchar) as outcome,
    coalesce(ended_at, started_at) <= {{ as_of() }} as is_completed,
    owner_id,
    account_id,
    who_id as contact_id,
    who_id as lead_id,
    what_id as opportunity_id,
    is_deleted,
    _changed_run
from {{ ref('stg_salesforce__events') }}

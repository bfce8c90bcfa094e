{{ config(enabled='pipedrive' in enabled_sources()) }}

{#- An account's own activity types count as tasks. Pipedrive knows no direction. -#}

select
    activity_id,
    case
        when activity_type in ('call', 'email', 'meeting') then activity_type
        when activity_type = 'lunch' then 'meeting'
        else 'task'
    end as activity_type,
    cast(null as varchar) as direction,
    subject,
    coalesce(due_at, completed_at, {{ start_of_local_date('due_date') }}, created_at)
        as occurred_at,
    duration_seconds,
    cast(null as varchar) as outcome,
    is_completed,
    owner_id,
    account_id,
    contact_id,
    lead_id,
    opportunity_id,
    is_deleted,
    _changed_run
from {{ ref('stg_pipedrive__activities') }}

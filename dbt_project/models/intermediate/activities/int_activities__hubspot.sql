{{ config(enabled='hubspot' in enabled_sources()) }}

select
    call_id as activity_id,
    'call' as activity_type,
    direction,
    subject,
    occurred_at,
    duration_seconds,
    outcome,
    true as is_completed,
    owner_id,
    account_id,
    contact_id,
    contact_id as lead_id,
    opportunity_id,
    is_deleted,
    _changed_run
from {{ ref('stg_hubspot__calls') }}

union all

select
    email_id as activity_id,
    'email' as activity_type,
    case direction
        when 'EMAIL' then 'outbound'
        when 'INCOMING_EMAIL' then 'inbound'
        else lower(direction)
    end as direction,
    subject,
    occurred_at,
    cast(null as bigint) as duration_seconds,
    cast(null as varchar) as outcome,
    true as is_completed,
    owner_id,
    account_id,
    contact_id,
    contact_id as lead_id,
    opportunity_id,
    is_deleted,
    _changed_run
from {{ ref('stg_hubspot__emails') }}

union all

select
    meeting_id as activity_id,
    'meeting' as activity_type,
    cast(null as varchar) as direction,
    subject,
    coalesce(started_at, occurred_at) as occurred_at,
    {{ elapsed_seconds('started_at', 'ended_at') }} as duration_seconds,
    outcome,
    coalesce(outcome = 'COMPLETED', coalesce(ended_at, occurred_at) <= {{ as_of() }})
        as is_completed,
    owner_id,
    account_id,
    contact_id,
    contact_id as lead_id,
    opportunity_id,
    is_deleted,
    _changed_run
from {{ ref('stg_hubspot__meetings') }}

union all

select
    note_id as activity_id,
    'note' as activity_type,
    cast(null as varchar) as direction,
    subject,
    occurred_at,
    cast(null as bigint) as duration_seconds,
    cast(null as varchar) as outcome,
    true as is_completed,
    owner_id,
    account_id,
    contact_id,
    contact_id as lead_id,
    opportunity_id,
    is_deleted,
    _changed_run
from {{ ref('stg_hubspot__notes') }}

union all

select
    task_id as activity_id,
    'task' as activity_type,
    cast(null as varchar) as direction,
    subject,
    occurred_at,
    cast(null as bigint) as duration_seconds,
    status as outcome,
    status = 'COMPLETED' as is_completed,
    owner_id,
    account_id,
    contact_id,
    contact_id as lead_id,
    opportunity_id,
    is_deleted,
    _changed_run
from {{ ref('stg_hubspot__tasks') }}

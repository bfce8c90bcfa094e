{{ config(enabled='files' in enabled_sources()) }}

select
    activity_id,
    activity_type,
    direction,
    subject,
    occurred_at,
    duration_seconds,
    outcome,
    occurred_at <= {{ as_of() }} as is_completed,
    owner_id,
    account_id,
    contact_id,
    lead_id,
    opportunity_id,
    is_deleted,
    _changed_run
from {{ ref('stg_files__activities') }}

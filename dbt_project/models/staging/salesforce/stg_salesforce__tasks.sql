{{ config(unique_key='task_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'tasks'), {'id': 'task_id'}) }}
)

select
    id as task_id,
    who_id,
    what_id,
    account_id,
    owner_id,
    subject,
    type as task_type,
    task_subtype,
    status,
    is_closed,
    activity_date,
    call_disposition,
    direction_c as direction,
    cast(call_duration_in_seconds as bigint) as duration_seconds,
    {{ utc('completed_date_time') }} as completed_at,
    {{ utc('created_date') }} as created_at,
    {{ version_columns() }}
from versions

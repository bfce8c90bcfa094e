{{ config(unique_key='appointment_id') }}

with

versions as (
    {{ newest_versions(source('dynamics', 'appointments'), {'id': 'appointment_id'}) }}
)

select
    id as appointment_id,
    subject,
    category,
    owninguser as owner_id,
    regardingobjectid as regarding_id,
    regardingobjectid_type as regarding_type,
    contact_id,
    lead_id,
    coalesce(statecode = 1, false) as is_completed,
    {{ utc('scheduledstart') }} as scheduled_start_at,
    {{ utc('scheduledend') }} as scheduled_end_at,
    {{ utc('actualstart') }} as actual_start_at,
    {{ utc('actualend') }} as actual_end_at,
    cast(actualdurationminutes as bigint) as duration_minutes,
    {{ utc('createdon') }} as created_at,
    {{ version_columns() }}
from versions

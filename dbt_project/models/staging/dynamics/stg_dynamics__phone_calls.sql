{{ config(unique_key='phone_call_id') }}

with

versions as (
    {{ newest_versions(source('dynamics', 'phone_calls'), {'id': 'phone_call_id'}) }}
)

select
    id as phone_call_id,
    subject,
    category,
    case when directioncode then 'outbound' when not directioncode then 'inbound' end as direction,
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

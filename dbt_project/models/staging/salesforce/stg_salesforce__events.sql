{{ config(unique_key='event_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'events'), {'id': 'event_id'}) }}
)

select
    id as event_id,
    who_id,
    what_id,
    account_id,
    owner_id,
    subject,
    event_subtype,
    {{ utc('start_date_time') }} as started_at,
    {{ utc('end_date_time') }} as ended_at,
    cast(duration_in_minutes as bigint) as duration_minutes,
    {{ utc('created_date') }} as created_at,
    {{ version_columns() }}
from versions

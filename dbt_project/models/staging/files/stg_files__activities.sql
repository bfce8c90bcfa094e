{{ config(unique_key='activity_id') }}

with

versions as (
    {{ newest_versions(source('files', 'activities'), {'id': 'activity_id'}) }}
)

select
    id as activity_id,
    lower(type) as activity_type,
    lower(direction) as direction,
    subject,
    {{ utc('occurred_at') }} as occurred_at,
    duration_seconds,
    outcome,
    owner_id,
    account_id,
    contact_id,
    opportunity_id,
    lead_id,
    {{ version_columns() }}
from versions

{{ config(unique_key='activity_id') }}

with

versions as (
    {{ newest_versions(source('pipedrive', 'activities'), {'id': 'activity_id'}) }}
)

select
    id as activity_id,
    type as activity_type,
    subject,
    owner_id,
    org_id as account_id,
    person_id as contact_id,
    deal_id as opportunity_id,
    lead_id,
    due_date,
    cast(due_date || ' ' || due_time as timestamp) as due_at,
    cast(
        cast(split_part(duration, ':', 1) as bigint) * 3600
        + cast(split_part(duration, ':', 2) as bigint) * 60
        + coalesce(cast(nullif(split_part(duration, ':', 3), '') as bigint), 0) as bigint
    ) as duration_seconds,
    done as is_completed,
    {{ utc('marked_as_done_time') }} as completed_at,
    {{ utc('add_time') }} as created_at,
    {{ version_columns() }}
from versions

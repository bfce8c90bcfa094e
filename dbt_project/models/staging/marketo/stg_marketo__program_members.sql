{{ config(unique_key=['program_id', 'lead_id']) }}

with

versions as (
    {{ newest_versions(
        source('marketo', 'program_members'),
        {'program_id': 'program_id', 'lead_id': 'lead_id'},
    ) }}
)

select
    program_id,
    lead_id,
    status_name as status,
    reached_success as has_reached_success,
    {{ utc('reached_success_date') }} as reached_success_at,
    {{ utc('membership_date') }} as member_since_at,
    acquired_by as is_acquired_by_program,
    {{ utc('updated_at') }} as updated_at,
    {{ version_columns() }}
from versions

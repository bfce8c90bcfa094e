{{ config(unique_key='call_id') }}

with

versions as (
    {{ newest_versions(source('aircall', 'calls'), {'id': 'call_id'}) }}
)

select
    id as call_id,
    sid as call_sid,
    direction,
    status,
    missed_call_reason,
    raw_digits as other_number,
    number_digits as own_number,
    number_id as phone_number_id,
    user_id,
    assigned_to_id as assigned_to_user_id,
    contact_id,
    country_code_a2 as country_code,
    tag_ids,
    duration as duration_seconds,
    cast(cost as decimal(18, 5)) as cost_amount,
    archived as is_archived,
    {{ utc('started_at') }} as started_at,
    {{ utc('answered_at') }} as answered_at,
    {{ utc('ended_at') }} as ended_at,
    {{ version_columns() }}
from versions

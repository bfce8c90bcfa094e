{{ config(unique_key='call_id') }}

with

versions as (
    {{ newest_versions(source('twilio', 'calls'), {'sid': 'call_id'}) }}
)

select
    sid as call_id,
    parent_call_sid as parent_call_id,
    phone_number_sid as phone_number_id,
    "from" as from_number,
    "to" as to_number,
    direction,
    status,
    answered_by,
    duration as duration_seconds,
    cast(price as decimal(18, 5)) as price_amount,
    price_unit as currency_code,
    {{ utc('start_time') }} as started_at,
    {{ utc('end_time') }} as ended_at,
    {{ utc('date_created') }} as created_at,
    {{ version_columns() }}
from versions

{{ config(unique_key='phone_number_id') }}

with

versions as (
    {{ newest_versions(source('twilio', 'incoming_phone_numbers'), {'sid': 'phone_number_id'}) }}
)

select
    sid as phone_number_id,
    phone_number,
    friendly_name,
    status,
    {{ utc('date_created') }} as created_at,
    {{ version_columns() }}
from versions

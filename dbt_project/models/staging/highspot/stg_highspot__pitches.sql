{{ config(unique_key='pitch_key') }}

with

versions as (
    {{ newest_versions(source('highspot', 'pitches'), {'pitch_key': 'pitch_key'}) }}
)

select
    pitch_key,
    pitch_id,
    pitch_name,
    item_id,
    item_name,
    spot_name,
    lower(sender_email) as sender_email,
    lower(recipient_email) as recipient_email,
    lower(crm) as crm_type,
    opportunity_id as crm_record_id,
    {{ utc('sent_at') }} as shared_at,
    {{ version_columns() }}
from versions

{{ config(unique_key='interaction_context_id') }}

with

versions as (
    {{ newest_versions(
        source('seismic', 'interaction_contexts'),
        {'id': 'interaction_context_id'},
    ) }}
)

select
    id as interaction_context_id,
    interaction_id,
    interaction_recipient_id,
    context_id as crm_record_id,
    context_name as crm_record_name,
    lower(context_type) as crm_record_type,
    lower(context_email) as contact_email,
    context_source,
    system_name as crm_name,
    lower(system_type) as crm_type,
    {{ utc('modified_at') }} as updated_at,
    {{ version_columns() }}
from versions

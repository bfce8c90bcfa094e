{{ config(unique_key='smart_campaign_id') }}

with

versions as (
    {{ newest_versions(source('marketo', 'smart_campaigns'), {'id': 'smart_campaign_id'}) }}
)

select
    id as smart_campaign_id,
    name as smart_campaign_name,
    type as smart_campaign_type,
    status,
    parent_program_id as program_id,
    is_active,
    is_system,
    is_requestable,
    description,
    folder as folder_name,
    workspace as workspace_name,
    {{ utc('created_at') }} as created_at,
    {{ utc('updated_at') }} as updated_at,
    {{ version_columns() }}
from versions

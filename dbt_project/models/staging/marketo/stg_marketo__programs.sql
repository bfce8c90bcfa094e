{{ config(unique_key='program_id') }}

with

versions as (
    {{ newest_versions(source('marketo', 'programs'), {'id': 'program_id'}) }}
)

select
    id as program_id,
    name as program_name,
    type as program_type,
    channel,
    status,
    description,
    folder as folder_name,
    workspace as workspace_name,
    sfdc_id as salesforce_campaign_id,
    url,
    {{ utc('created_at') }} as created_at,
    {{ utc('updated_at') }} as updated_at,
    {{ version_columns() }}
from versions

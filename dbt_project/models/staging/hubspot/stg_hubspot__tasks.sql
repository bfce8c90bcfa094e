{{ config(unique_key='task_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'tasks'), {'id': 'task_id'}) }}
)

select
    id as task_id,
    hs_task_subject as subject,
    hs_task_status as status,
    hubspot_owner_id as owner_id,
    company_id as account_id,
    contact_id,
    deal_id as opportunity_id,
    {{ utc('hs_timestamp') }} as occurred_at,
    {{ utc('hs_createdate') }} as created_at,
    {{ version_columns() }}
from versions

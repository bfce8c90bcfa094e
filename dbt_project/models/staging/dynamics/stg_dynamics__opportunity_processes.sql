{{ config(unique_key='process_instance_id') }}

with

versions as (
    {{ newest_versions(
        source('dynamics', 'opportunity_processes'),
        {'id': 'process_instance_id'},
    ) }}
)

select
    id as process_instance_id,
    opportunityid as opportunity_id,
    processid as process_id,
    activestageid as active_stage_id,
    activestageid_label as active_stage_name,
    {{ utc('activestagestartedon') }} as active_stage_entered_at,
    {{ utc('completedon') }} as completed_at,
    {{ utc('createdon') }} as created_at,
    {{ version_columns() }}
from versions

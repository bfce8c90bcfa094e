{{ config(unique_key='channel_id') }}

with

versions as (
    {{ newest_versions(source('marketo', 'channels'), {'id': 'channel_id'}) }}
)

select
    id as channel_id,
    name as channel_name,
    applicable_program_type,
    progression_statuses,
    {{ utc('created_at') }} as created_at,
    {{ utc('updated_at') }} as updated_at,
    {{ version_columns() }}
from versions

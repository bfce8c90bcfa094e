{{ config(unique_key='lead_id') }}

with

versions as (
    {{ newest_versions(source('marketo', 'deleted_leads'), {'lead_id': 'lead_id'}) }}
)

select
    lead_id,
    marketo_guid as activity_id,
    primary_attribute_value as lead_name,
    {{ utc('activity_date') }} as lead_deleted_at,
    {{ version_columns() }}
from versions

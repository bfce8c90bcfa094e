{{ config(unique_key='activity_id') }}

with

versions as (
    {{ newest_versions(source('marketo', 'activities'), {'marketo_guid': 'activity_id'}) }}
)

select
    marketo_guid as activity_id,
    lead_id,
    cast(activity_type_id as bigint) as activity_type_id,
    {{ utc('activity_date') }} as occurred_at,
    campaign_id as smart_campaign_id,
    primary_attribute_value_id as asset_id,
    primary_attribute_value as asset_name,
    attributes,
    {{ version_columns() }}
from versions

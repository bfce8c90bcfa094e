{{ config(unique_key='opportunity_competitor_id') }}

with

versions as (
    {{ newest_versions(
        source('salesforce', 'opportunity_competitors'),
        {'id': 'opportunity_competitor_id'},
    ) }}
)

select
    id as opportunity_competitor_id,
    opportunity_id,
    competitor_name,
    strengths,
    weaknesses,
    {{ utc('created_date') }} as created_at,
    {{ version_columns() }}
from versions

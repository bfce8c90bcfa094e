{{ config(unique_key='list_membership_id') }}

with

versions as (
    {{ newest_versions(source('pardot', 'list_memberships'), {'id': 'list_membership_id'}) }}
)

select
    id as list_membership_id,
    list_id,
    prospect_id,
    coalesce(opted_out, false) as is_opted_out,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions

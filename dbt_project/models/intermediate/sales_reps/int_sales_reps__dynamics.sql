{{ config(enabled='dynamics' in enabled_sources()) }}

{#- A region's own unit is no team: whoever belongs to it stands above the teams. -#}

select
    user_id as sales_rep_id,
    version_at,
    rep_name,
    rep_username,
    role,
    nullif(business_unit_name, territory_name) as team_name,
    territory_name as region_name,
    manager_id,
    cast(null as varchar) as manager_name,
    hired_date,
    is_active,
    is_deleted as is_removed,
    false as is_deleted,
    _changed_run
from {{ ref('stg_dynamics__users') }}

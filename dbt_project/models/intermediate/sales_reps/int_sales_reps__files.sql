{{ config(enabled='files' in enabled_sources()) }}

select
    user_id as sales_rep_id,
    version_at,
    rep_name,
    rep_username,
    role,
    team_name,
    region_name,
    cast(null as varchar) as manager_id,
    manager_name,
    hired_date,
    true as is_active,
    is_deleted as is_removed,
    false as is_deleted,
    _changed_run
from {{ ref('stg_files__users') }}

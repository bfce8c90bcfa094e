{{ config(enabled='salesforce' in enabled_sources()) }}

select
    user_id as sales_rep_id,
    version_at,
    rep_name,
    rep_username,
    role,
    team_name,
    region_name,
    manager_id,
    cast(null as varchar) as manager_name,
    hired_date,
    is_active,
    is_deleted as is_removed,
    false as is_deleted,
    _changed_run
from {{ ref('stg_salesforce__users') }}

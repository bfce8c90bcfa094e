{{ config(enabled='pipedrive' in enabled_sources()) }}

{#-
Region and manager are the team's: its description names the region. Who manages a team is a manager;
Pipedrive knows no other role.
-#}

with

teams as (
    select * from {{ ref('stg_pipedrive__teams') }}
),

managers as (
    select distinct manager_id
    from teams
    where not is_deleted
)

select
    users.user_id as sales_rep_id,
    users.version_at,
    users.rep_name,
    users.rep_username,
    case when managers.manager_id is null then 'Rep' else 'Manager' end as role,
    users.team_name,
    teams.region_name,
    nullif(users.manager_id, users.user_id) as manager_id,
    cast(null as varchar) as manager_name,
    cast(null as date) as hired_date,
    users.is_active,
    users.is_deleted as is_removed,
    false as is_deleted,
    greatest(users._changed_run, coalesce(teams._changed_run, 0)) as _changed_run
from {{ ref('stg_pipedrive__users') }} as users
left join teams
    on users.team_id = teams.team_id
left join managers
    on users.user_id = managers.manager_id

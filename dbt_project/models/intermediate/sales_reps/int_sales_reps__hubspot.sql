{{ config(enabled='hubspot' in enabled_sources()) }}

{#-
Region and manager are the team's. Who manages a team is a manager; HubSpot knows no other role.
-#}

with

teams as (
    select
        *,
        row_number() over (partition by team_name order by team_id) as name_rank
    from {{ ref('stg_hubspot__teams') }}
    where not is_deleted
),

managers as (
    select distinct manager_owner_id
    from teams
)

select
    owners.user_id as sales_rep_id,
    owners.version_at,
    owners.rep_name,
    owners.rep_username,
    case when managers.manager_owner_id is null then 'Rep' else 'Manager' end as role,
    owners.team_name,
    teams.region_name,
    teams.manager_owner_id as manager_id,
    cast(null as varchar) as manager_name,
    cast(null as date) as hired_date,
    owners.is_active,
    owners.is_deleted as is_removed,
    false as is_deleted,
    greatest(owners._changed_run, coalesce(teams._changed_run, 0)) as _changed_run
from {{ ref('stg_hubspot__owners') }} as owners
left join teams
    on owners.team_name = teams.team_name
    and teams.name_rank = 1
left join managers
    on owners.user_id = managers.manager_owner_id

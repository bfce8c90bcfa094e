"""Aircall's version tables: EMEA and LATAM, whose representatives phone with Aircall.

A call shows when it rings, changes when it ends, again when someone tags it within a day and a
half, and once more when it is archived, weeks later perhaps. Nothing says when it changed.
"""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from ingestion.sandbox.phone_calls import prepare_phone_calls
from ingestion.sandbox.store import VersionTable

REGIONS = "('EMEA', 'LATAM')"
TAGS = {
    101: ("Discovery", "#00B388", "First talk about needs"),
    102: ("Follow-up", "#5B5FC7", "Call again"),
    103: ("Pricing", "#F5A623", "Asked about prices"),
    104: ("Wichtig", "#D0021B", "Dringend zurückrufen"),
    105: ("Precios", "#417505", "Preguntó por precios"),
}
_TAGS = ", ".join(
    f"({tag}, '{name}', '{color}', '{text}')" for tag, (name, color, text) in TAGS.items()
)
PEOPLE = f"""create temp table aircall_people as
    select
        *, 500000 + user_n as user_id, 300000 + user_n as number_id,
        first_name || ' ' || last_name as name,
        min(version_at) over (partition by user_n) as created_at,
        if(region_name = 'EMEA', 'Europe/Berlin', 'America/Sao_Paulo') as time_zone,
        if(region_name = 'EMEA', 'DE', 'BR') as country
    from users where region_name in {REGIONS}"""
CALLS = f"""with
    here as (
        select
            *,
            700000000 + call_n as id,
            answered_at is not null as is_answered,
            direction = 'inbound' and answered_at is null as is_missed,
            if(answered_at is not null and call_n % 3 = 0, 101 + call_n % 5, null) as tag_id,
            ended_at + to_seconds(60 + call_n * 37 % 129600) as tagged_at
        from phone_calls where region_name in {REGIONS}
    ),
    stages as (
        select *, started_at as seen_from, 1 as stage from here
        union all select *, ended_at, 2 from here
        union all select *, tagged_at, 3 from here where tag_id is not null
        union all select *, removed_at, 4 from here where removed_at > ended_at
    )
    select
        id, direction, 500000 + owner_n as user_id, 300000 + owner_n as number_id,
        40000000 + contact_n as contact_id, other_number, rep_number, started_at,
        if(stage > 1 or is_answered, answered_at, null) as answered_at,
        if(stage > 1, ended_at, null) as ended_at,
        case when stage > 1 then 'done' when is_answered then 'answered' else 'initial' end
            as status,
        if(stage > 1 and is_missed, 'agents_did_not_answer', null) as missed_call_reason,
        if(stage > 1, cast(epoch(ended_at - started_at) as bigint), 0) as duration,
        if(stage > 1 and seen_from >= tagged_at, tag_id, null) as tag_id,
        stage = 4 or (removed_at is not null and seen_from > removed_at) as is_archived,
        false as is_removed, cast(id as varchar) as _key, seen_from as _from
    from stages"""
USERS = """select
        user_id as id, name, email, time_zone, number_id, user_n, created_at,
        not is_active as is_removed, cast(user_id as varchar) as _key, version_at as _from
    from aircall_people"""
NUMBERS = """select
        number_id as id, name, rep_number(region_name, user_n) as digits, country, time_zone,
        user_id, created_at, not is_active as is_removed,
        cast(number_id as varchar) as _key, version_at as _from
    from aircall_people"""
TEAMS = """with
    teams as (
        select team_name, 20000 + min(user_n) as id, min(created_at) as created_at
        from aircall_people where team_name is not null group by team_name
    ),
    moments as (
        select distinct teams.id, people.version_at
        from teams join aircall_people as people using (team_name)
    ),
    spans as (
        select
            user_id, team_name, is_active, version_at as since,
            lead(version_at) over (partition by user_n order by version_at) as until
        from aircall_people
    )
    select
        teams.id, teams.team_name as name, teams.created_at,
        list_sort(list(spans.user_id) filter (where spans.user_id is not null)) as user_ids,
        false as is_removed, cast(teams.id as varchar) as _key, moments.version_at as _from
    from moments
    join teams using (id)
    left join spans
        on spans.team_name = teams.team_name and spans.is_active
        and spans.since <= moments.version_at
        and (spans.until is null or spans.until > moments.version_at)
    group by teams.id, teams.team_name, teams.created_at, moments.version_at"""
TAG_LIST = f"""select
        id, name, color, description, false as is_removed, cast(id as varchar) as _key,
        timestamp '2015-01-01' as _from
    from (values {_TAGS}) as tags(id, name, color, description)"""
CONTACTS = f"""with
    here as (
        select account_n, min_by(name, version_at) as company_name from accounts
        where region_name in {REGIONS} group by account_n
    )
    select
        40000000 + contact_n as id, first_name, last_name, company_name, email,
        e164(phone) as phone, created_at, version_at as updated_at, is_deleted as is_removed,
        cast(contact_n as varchar) as _key, version_at as _from
    from contacts join here using (account_n)"""


def tables(connection: DuckDBPyConnection) -> Iterable[VersionTable]:
    """Version tables of all lists; run while the company's frames are registered."""
    prepare_phone_calls(connection)
    connection.execute(PEOPLE)
    selects = {
        "calls": CALLS,
        "users": USERS,
        "numbers": NUMBERS,
        "teams": TEAMS,
        "tags": TAG_LIST,
        "contacts": CONTACTS,
    }
    return [VersionTable("aircall", name, select) for name, select in selects.items()]

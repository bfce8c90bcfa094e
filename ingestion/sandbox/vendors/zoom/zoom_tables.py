"""Zoom's tables: people, the meetings that took place, and who was in them from when to when.

The CRM's meetings that were held, hosted by their owner. They began and ended somewhat off the
calendar's times, and show in reports some minutes after their end. Guests who are not signed in
have no address.
"""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from ingestion.sandbox.store import VersionTable

ZONES = {
    "North America": "America/New_York",
    "EMEA": "Europe/Berlin",
    "LATAM": "America/Sao_Paulo",
    "APAC": "Asia/Singapore",
}
_ZONES = " ".join(f"when '{region}' then '{zone}'" for region, zone in ZONES.items())
MACROS = (
    """create macro zoom_user_id(user_n) as
        rtrim(replace(replace(base64(unhex(md5('zoom user ' || user_n))), '/', '_'), '+', '-'), '=')
    """,
    "create macro zoom_uuid(number) as base64(unhex(md5('zoom meeting ' || number)))",
)
HELD = """create temp table zoom_held as
    with
    held as (
        select
            activity_n, owner_n, contact_n, lead_n, subject, occurred_at, duration_seconds
        from activities where type = 'meeting' and is_completed and not is_deleted
        qualify row_number() over (partition by activity_n order by version_at) = 1
    )
    select
        *,
        occurred_at + to_seconds(activity_n * 11 % 240 - 60) as started_at,
        occurred_at + to_seconds(duration_seconds + activity_n * 17 % 600 - 120) as ended_at
    from held"""
PEOPLE = (
    """create temp table zoom_hosts as
        select
            user_n, zoom_user_id(user_n) as id,
            min_by(first_name || ' ' || last_name, version_at) as name,
            min_by(email, version_at) as email, min_by(manager_n, version_at) as manager_n
        from users group by user_n""",
    """create temp table zoom_guests as
        select
            'contact' as kind, contact_n as number,
            min_by(concat_ws(' ', first_name, last_name), version_at) as name,
            min_by(email, version_at) as email
        from contacts group by contact_n
        union all
        select
            'lead', lead_n, min_by(concat_ws(' ', first_name, last_name), version_at),
            min_by(email, version_at)
        from leads where lead_n in (select lead_n from zoom_held) group by lead_n""",
)
# `seat` counts a meeting's entries: a guest who drops out and comes back has two.
PARTICIPANTS = """create temp table zoom_seats as
    with
    seats as (
        select
            activity_n, 1 as seat, hosts.id, hosts.name, hosts.email,
            started_at as joined_at, ended_at as left_at
        from zoom_held join zoom_hosts as hosts on hosts.user_n = owner_n
        union all
        select
            activity_n, 2, '', guests.name, if(activity_n % 10 < 3, '', guests.email),
            started_at + to_seconds(5 + activity_n * 7 % 170),
            if(activity_n % 9 = 0, started_at + interval 5 minute, ended_at)
        from zoom_held
        join zoom_guests as guests
            on guests.kind = if(contact_n is null, 'lead', 'contact')
            and guests.number = coalesce(contact_n, lead_n)
        union all
        select
            activity_n, 3, managers.id, managers.name, managers.email,
            started_at + to_seconds(activity_n * 5 % 60), ended_at
        from zoom_held
        join zoom_hosts as hosts on hosts.user_n = owner_n
        join zoom_hosts as managers on managers.user_n = hosts.manager_n
        where activity_n % 4 = 0
    )
    select * from seats
    union all
    select activity_n, 4, id, name, email, started_at + interval 6 minute, ended_at
    from seats join zoom_held using (activity_n) where seat = 2 and activity_n % 9 = 0"""
SHOWN_FROM = "ended_at + to_seconds(120 + activity_n * 29 % 1500)"
USERS = f"""select
        zoom_user_id(user_n) as id, user_n, first_name, last_name, email, team_name as dept,
        case region_name {_ZONES} else 'UTC' end as timezone,
        if(role = 'Rep', 2, 1) as license, is_active,
        min(version_at) over (partition by user_n) as created_at,
        cast(user_n as varchar) as _key, version_at as _from
    from users"""
MEETINGS = f"""with
    counted as (
        select
            activity_n, count(distinct name) as participants_count,
            cast(ceil(sum(epoch(left_at - joined_at)) / 60) as bigint) as total_minutes
        from zoom_seats group by activity_n
    )
    select
        activity_n, zoom_uuid(activity_n) as uuid, 80000000000 + activity_n as id,
        hosts.id as host_id, subject as topic, hosts.name as host_name,
        hosts.email as host_email, started_at, ended_at, total_minutes, participants_count,
        cast(ceil(epoch(ended_at - started_at) / 60) as bigint) as minutes,
        cast(activity_n as varchar) as _key, {SHOWN_FROM} as _from
    from zoom_held
    join counted using (activity_n)
    join zoom_hosts as hosts on hosts.user_n = owner_n"""
SEATS = f"""select
        zoom_seats.*, 16778240 + seat * 1024 as user_id,
        activity_n || '/' || seat as _key, {SHOWN_FROM} as _from
    from zoom_seats join zoom_held using (activity_n)"""


def tables(connection: DuckDBPyConnection) -> Iterable[VersionTable]:
    """Tables of people, meetings and participants; run while the company's frames are there."""
    for statement in (*MACROS, HELD, *PEOPLE, PARTICIPANTS):
        connection.execute(statement)
    return (
        VersionTable("zoom", "users", USERS),
        VersionTable("zoom", "meetings", MEETINGS, is_log=True),
        VersionTable("zoom", "participants", SEATS, is_log=True),
    )

"""Microsoft 365's tables: people of two regions, versions of their messages and of their events.

A message moves from folder to folder and keeps its immutable id. Managers meet their team each
Monday: a series for half a year, of which one occurrence is moved and one is deleted.
"""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from ingestion.sandbox.mail import MICROSOFT_REGIONS, prepare_mail, prepare_meetings
from ingestion.sandbox.store import VersionTable

REGIONS = ", ".join(f"'{region}'" for region in MICROSOFT_REGIONS)
ZONES = {"North America": "Eastern Standard Time", "APAC": "Singapore Standard Time"}
_ZONES = " ".join(f"when '{region}' then '{zone}'" for region, zone in ZONES.items())
INBOX, SENT, DELETED, DRAFTS, JUNK, OUTBOX, CUSTOMERS = (
    "inbox", "sentitems", "deleteditems", "drafts", "junkemail", "outbox", "customers",
)  # fmt: skip
MOVED_WEEK, DELETED_WEEK, WEEKS = 4, 7, 26
MACROS = (
    """create macro if not exists graph_uuid(text) as
        regexp_replace(md5(text), '(.{8})(.{4})(.{4})(.{4})(.{12})', '\\1-\\2-\\3-\\4-\\5')""",
    # Ids have both cases: they must be compared as they are.
    """create macro if not exists graph_id(text) as
        'AAkALgAA' || replace(base64(unhex(md5(text))), '/', '-')""",
)
USERS = f"""select
        user_n, graph_uuid('graph user ' || user_n) as id, first_name, last_name, email, role,
        team_name, case region_name {_ZONES} end as time_zone, is_active,
        min(version_at) over (partition by user_n) as created_at,
        cast(user_n as varchar) as _key, version_at as _from
    from users where region_name in ({REGIONS})"""
MESSAGES = f"""with
    mails as (
        select
            *, graph_id('message ' || mail_n) as id, graph_id('thread ' || thread_n) as thread_id
        from mail_messages where region_name in ({REGIONS})
    ),
    states as (
        select
            *, received_at as _from, if(is_sent, '{SENT}', '{INBOX}') as folder,
            is_sent as is_read, false as _deleted
        from mails
        union all by name
        select *, read_at as _from, '{INBOX}' as folder, true as is_read, false as _deleted
        from mails where read_at is not null
        union all by name
        select
            *, read_at + interval 7 minute as _from, '{CUSTOMERS}' as folder, true as is_read,
            false as _deleted
        from mails where read_at is not null and mail_n % 5 = 0
        union all by name
        select *, trashed_at as _from, '{DELETED}' as folder, true as is_read, false as _deleted
        from mails where trashed_at is not null
        union all by name
        select *, purged_at as _from, '{DELETED}' as folder, true as is_read, true as _deleted
        from mails where purged_at is not null
    )
    select *, mailbox_n || '/' || id as _key from states"""
SINGLES = f"""with
    booked as (
        select *, graph_id('event ' || meeting_n) as id
        from mail_meetings where region_name in ({REGIONS})
    )
    select *, 'singleInstance' as type, 'none' as response, false as is_cancelled,
        false as _deleted, created_at as _from
    from booked
    union all by name
    select *, 'singleInstance' as type, answer as response, false as is_cancelled,
        false as _deleted, answered_at as _from
    from booked where called_off_at is null or answered_at < called_off_at
    union all by name
    -- The organizer's copy is gone at once, a guest's shows that it is called off.
    select *, 'singleInstance' as type, answer as response, true as is_cancelled,
        is_organizer as _deleted, called_off_at as _from
    from booked where called_off_at is not null"""
SERIES = f"""with
    managers as (
        select
            user_n as mailbox_n, any_value(region_name) as region_name,
            min_by(concat_ws(' ', first_name, last_name), version_at) as own_name,
            min_by(email, version_at) as own_email
        from users where role = 'Manager' and region_name in ({REGIONS}) group by user_n
    ),
    -- The first Monday on or after each half-year's first day.
    beginnings as (
        select half + to_days((8 - isodow(half))::int % 7) + interval 14 hour as first_at
        from (
            select unnest(range(
                timestamp '2023-01-01', (select max(occurred_at) from activities), interval 6 month
            )) as half
        )
    ),
    series as (
        select
            *, first_at - interval 5 day as created_at, true as is_organizer,
            graph_id('series ' || mailbox_n || ' ' || first_at) as series_id
        from managers, beginnings
    ),
    weeks as (
        select
            series.*, week, series_id || '.' || strftime(first_at + to_weeks(week), '%Y%m%d') as id,
            first_at + to_weeks(week) as starts_at
        from series, (select cast(unnest(range({WEEKS})) as integer) as week)
    ),
    states as (
        select
            *, 'seriesMaster' as type, series_id as id, first_at as starts_at, created_at as _from,
            false as _deleted
        from series
        union all by name
        select
            *, 'seriesMaster' as type, series_id as id, first_at as starts_at,
            first_at + to_weeks(week) - interval 1 day as _from, false as _deleted
        from series, (values (cast({MOVED_WEEK} as integer)), ({DELETED_WEEK})) as changes (week)
        union all by name
        select *, 'occurrence' as type, created_at as _from, false as _deleted from weeks
        union all by name
        select
            * exclude (starts_at), 'exception' as type, starts_at + interval 2 hour as starts_at,
            starts_at - interval 1 day as _from, false as _deleted
        from weeks where week = {MOVED_WEEK}
        union all by name
        select *, 'occurrence' as type, starts_at - interval 1 day as _from, true as _deleted
        from weeks where week = {DELETED_WEEK}
    )
    select
        * exclude (week, first_at, series_id),
        if(type = 'seriesMaster', null, series_id) as series_id,
        'Pipeline review' as subject, 'accepted' as response, false as is_cancelled,
        starts_at + interval 45 minute as ends_at
    from states"""
EVENTS = f"""select
        * exclude (region_name), case region_name {_ZONES} end as time_zone,
        mailbox_n || '/' || id as _key
    from (({SINGLES}) union all by name ({SERIES}))"""


def tables(connection: DuckDBPyConnection) -> Iterable[VersionTable]:
    """Tables of people, messages and events; run while the company's frames are there."""
    for statement in MACROS:
        connection.execute(statement)
    prepare_mail(connection)
    prepare_meetings(connection)
    return (
        VersionTable("microsoft_graph", "users", USERS),
        VersionTable("microsoft_graph", "messages", MESSAGES),
        VersionTable("microsoft_graph", "events", EVENTS),
    )

"""Google Workspace's tables: the people of two regions, and the versions of their messages.

A message's labels are its state: it comes unread into the inbox or is sent, is read, thrown away,
and after thirty days in the trash it is gone.
"""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from ingestion.sandbox.mail import GOOGLE_REGIONS, prepare_mail
from ingestion.sandbox.store import VersionTable

REGIONS = ", ".join(f"'{region}'" for region in GOOGLE_REGIONS)
USERS = f"""select
        user_n, cast(100000000000000000000 + user_n * cast(7919 as hugeint) as varchar) as id,
        first_name, last_name, lower(email) as email, role, is_active,
        min(version_at) over (partition by user_n) as created_at,
        cast(user_n as varchar) as _key, version_at as _from
    from users where region_name in ({REGIONS})"""
# A version each for what happens to a message; Gmail's ids are 16 hexadecimal digits.
MESSAGES = f"""with
    mails as (
        select
            *, lpad(to_hex(1_500_000_000_000_000_000 + mail_n * 4_096), 16, '0') as id,
            lpad(to_hex(1_500_000_000_000_000_000 + thread_n * 8_192), 16, '0') as thread_id,
            if(mail_n % 3 = 0, ['IMPORTANT'], []) as more
        from mail_messages where region_name in ({REGIONS})
    ),
    states as (
        select
            *, received_at as _from, false as _deleted,
            list_concat(if(is_sent, ['SENT'], ['UNREAD', 'INBOX']), more) as labels
        from mails
        union all by name
        select
            *, read_at as _from, false as _deleted, list_concat(['INBOX'], more) as labels
        from mails where read_at is not null
        union all by name
        select
            *, trashed_at as _from, false as _deleted,
            if(is_sent, ['SENT', 'TRASH'], ['TRASH']) as labels
        from mails where trashed_at is not null
        union all by name
        select *, purged_at as _from, true as _deleted, [] as labels
        from mails where purged_at is not null
    )
    select * exclude (more), mailbox_n || '/' || id as _key from states"""


def tables(connection: DuckDBPyConnection) -> Iterable[VersionTable]:
    """Tables of people and messages; run while the company's frames are there."""
    prepare_mail(connection)
    return (
        VersionTable("gmail", "users", USERS),
        VersionTable("gmail", "messages", MESSAGES),
    )

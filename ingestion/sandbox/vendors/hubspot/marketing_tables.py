"""HubSpot's marketing from the company's logs: forms, lists of contacts, webinars.

A lead from the web site began with a form; a webinar's guests are the leads it brought.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from ingestion.sandbox.marketing import FORMS
from ingestion.sandbox.store import VersionTable

FORM_SPACE = uuid.UUID("7c1d2b60-0000-4000-8000-000000000000")
FORM_IDS = {form.number: str(uuid.UUID(int=FORM_SPACE.int + form.number)) for form in FORMS}
FIRST_WEBINAR = 510_000_000_000
CONTACTS_TYPE = "0-1"


@dataclass(frozen=True)
class ContactList:
    """A list of contacts; `members` is SQL over a contact's version."""

    list_id: str
    name: str
    processing_type: str
    members: str


LISTS = (
    ContactList("1", "Open leads", "DYNAMIC", "status in ('New', 'Working', 'Nurturing')"),
    ContactList("2", "Sales qualified", "DYNAMIC", "lifecyclestage = 'salesqualifiedlead'"),
    ContactList("3", "Webinar guests", "DYNAMIC", "lead_source = 'Webinar'"),
    ContactList("4", "Customer council", "MANUAL", "hash(contact_id) % 20 = 0"),
)

_SUBMISSIONS = """with born as (
        select lead_n, min(created_at) as created_at, arg_min(lead_source, version_at) as source,
            arg_min(email, version_at) as email, arg_min(first_name, version_at) as firstname,
            arg_min(last_name, version_at) as lastname, arg_min(company, version_at) as company
        from leads where crm = 'hubspot' group by 1
    ),
    forms as (from (values {forms}) as forms (form_n, page, source)),
    submissions as (
        select 2 * lead_n as submission_n, form_n, page, born.*, created_at as submitted_at
        from born join forms using (source)
        union all by name
        select 2 * lead_n + 1 as submission_n, 1 as form_n, '/contact' as page, born.*,
            created_at + to_hours(cast(hash(lead_n) % 1000 as bigint)) as submitted_at
        from born where hash(lead_n) % 7 = 0
    )
    select submission_n, form_n, page, email, firstname, lastname, company, submitted_at,
        cast(md5('submission ' || submission_n) as uuid) as conversion_id,
        cast(submission_n as varchar) as _key, submitted_at as _from
    from submissions where email is not null"""

# A version begins where a contact joins or leaves.
_MEMBERSHIPS = """with judged as (
        select list_id, contact_id, version_at,
            is_member and not is_deleted and merged_into is null as is_member
        from (
            unpivot (
                select contact_id, version_at, is_deleted, merged_into, {members}
                from hs_contact_rows
            )
            on columns('list_.*') into name list_id value is_member
        )
    ),
    turns as (
        select *, is_member is distinct from lag(is_member, 1, false)
            over (partition by list_id, contact_id order by version_at) as is_turn
        from judged
    )
    select substr(list_id, 6) as list_id, cast(contact_id as bigint) as record_id,
        version_at as joined_at, not is_member as _deleted,
        substr(list_id, 6) || '-' || contact_id as _key, version_at as _from
    from turns where is_turn"""

# One webinar a month, on the 20th at noon in Tokyo: a guest comes to the next one.
_WEBINARS = """with guests as (
        select lead_n, min(created_at) as registered_at from leads
        where crm = 'hubspot' and lead_source = 'Webinar' group by 1
    ),
    invited as (
        select *, date_trunc('month', registered_at - interval 19 day) + interval 1 month
            + interval 19 day + interval 3 hour as starts_at, hash(lead_n) % 10 as chance
        from guests
    ),
    registered as (
        select starts_at, registered_at as version_at, count(*) as registrants, 0 as attendees,
            0 as cancellations
        from invited group by all
    ),
    closed as (
        select starts_at, starts_at + interval 90 minute as version_at, 0 as registrants,
            count(*) filter (where chance < 6) as attendees,
            count(*) filter (where chance = 9) as cancellations
        from invited group by all
    ),
    told as (from registered union all by name from closed)
    select cast({first} + datediff('month', timestamp '2000-01-01', starts_at) as varchar) as id,
        starts_at, starts_at + interval 1 hour as ends_at, version_at > starts_at as is_over,
        cast(sum(registrants) over so_far as bigint) as registrants,
        cast(sum(attendees) over so_far as bigint) as attendees,
        cast(sum(cancellations) over so_far as bigint) as cancellations,
        min(version_at) over so_far as created_at, id as _key, version_at as _from
    from told window so_far as (partition by starts_at order by version_at)"""


def marketing_tables(schema: str) -> Iterable[VersionTable]:
    """Submissions, memberships and webinars; the company's contacts must be there."""
    forms = ", ".join(f"({form.number}, '{form.page}', '{form.lead_source}')" for form in FORMS)
    members = ", ".join(f"coalesce({each.members}, false) as list_{each.list_id}" for each in LISTS)
    return (
        VersionTable(schema, "form_submissions", _SUBMISSIONS.format(forms=forms), is_log=True),
        VersionTable(schema, "list_memberships", _MEMBERSHIPS.format(members=members)),
        VersionTable(schema, "marketing_events", _WEBINARS.format(first=FIRST_WEBINAR)),
    )

"""The company's e-mail and calendars, as mail systems know them.

Each e-mail that a CRM holds lies in its representative's mailbox and, where the manager was in
copy, in the manager's too. It is read, thrown away and purged there as people do, without the CRM.
Meetings lie in the calendars of their owners, with their guests, who answer the invitation.
"""

from duckdb import DuckDBPyConnection

GOOGLE_REGIONS = ("EMEA", "LATAM")
MICROSOFT_REGIONS = ("North America", "APAC")
# People outside and inside, by the names and addresses that they came with.
PEOPLE = (
    "create macro if not exists mail_id(n) as '<' || md5('mail ' || n) || '@mail.example>'",
    """create temp table if not exists mail_people as
        select
            'contact' as kind, contact_n as number,
            min_by(concat_ws(' ', first_name, last_name), version_at) as name,
            min_by(email, version_at) as email
        from contacts group by contact_n
        union all
        select
            'lead', lead_n, min_by(concat_ws(' ', first_name, last_name), version_at),
            min_by(email, version_at)
        from leads group by lead_n""",
    """create temp table if not exists mail_own as
        select
            user_n, any_value(region_name) as region_name,
            min_by(manager_n, version_at) as manager_n,
            min_by(concat_ws(' ', first_name, last_name), version_at) as name,
            min_by(email, version_at) as email
        from users group by user_n""",
)
# Copies of one e-mail have numbers of their own: twice the activity's, and the one after it.
MESSAGES = """create temp table if not exists mail_messages as
    with
    logged as (
        select
            activity_n, owner_n, subject, direction, opportunity_n,
            if(contact_n is null, 'lead', 'contact') as kind,
            coalesce(contact_n, lead_n) as number, contact_n, lead_n, occurred_at as sent_at
        from activities where type = 'email' and version_at = created_at
    ),
    threaded as (
        select
            *, first_value(activity_n) over conversation as thread_n,
            lag(activity_n) over conversation as answered_n
        from logged
        window conversation as (
            partition by owner_n, contact_n, lead_n, opportunity_n order by sent_at, activity_n
        )
    ),
    addressed as (
        select
            activity_n, thread_n, subject, sent_at, owner_n, mail_id(activity_n) as message_id,
            mail_id(answered_n) as in_reply_to,
            direction = 'outbound' as is_outbound, own.region_name, own.manager_n,
            own.name as own_name, own.email as own_email, people.name as other_name,
            if(activity_n % 11 = 0, upper(people.email), people.email) as other_email,
            managers.name as cc_name, managers.email as cc_email,
            managers.region_name as cc_region_name,
            1_800 + cast(hash(activity_n) % 60_000 as bigint) as size_bytes,
            sent_at + to_seconds(1 + activity_n % 9) as received_at
        from threaded
        join mail_own as own on own.user_n = threaded.owner_n
        join mail_people as people using (kind, number)
        left join mail_own as managers
            on managers.user_n = own.manager_n and activity_n % 6 = 0
        where people.email is not null
    ),
    copies as (
        select
            2 * activity_n as mail_n, owner_n as mailbox_n, region_name, is_outbound as is_sent,
            addressed.* exclude (owner_n, region_name)
        from addressed
        union all by name
        select
            2 * activity_n + 1 as mail_n, manager_n as mailbox_n, cc_region_name as region_name,
            false as is_sent, addressed.* exclude (owner_n, region_name)
        from addressed where cc_name is not null
    )
    select
        mail_n, mailbox_n, region_name, is_sent, thread_n, message_id, in_reply_to, subject,
        if(is_outbound, own_name, other_name) as from_name,
        if(is_outbound, own_email, other_email) as from_email,
        if(is_outbound, other_name, own_name) as to_name,
        if(is_outbound, other_email, own_email) as to_email,
        cc_name, cc_email, size_bytes, sent_at, received_at,
        if(is_sent, null, received_at + to_seconds(60 + mail_n * 7_919 % 28_800)) as read_at,
        if(mail_n % 41 = 0, received_at + to_days(cast(1 + mail_n % 20 as integer)), null)
            as trashed_at,
        if(mail_n % 41 = 0, received_at + to_days(cast(31 + mail_n % 20 as integer)), null)
            as purged_at
    from copies"""

# A meeting has a copy in its owner's calendar and, every fourth time, in the manager's.
MEETINGS = """create temp table if not exists mail_meetings as
    with
    booked as (
        select
            activity_n, owner_n, contact_n, lead_n, subject, created_at, occurred_at as starts_at,
            occurred_at + to_seconds(duration_seconds) as ends_at
        from activities where type = 'meeting' and version_at = created_at
    ),
    called_off as (
        select activity_n, min(version_at) as called_off_at from activities
        where type = 'meeting' and is_deleted group by activity_n
    ),
    invited as (
        select
            booked.*, called_off.called_off_at, own.region_name, own.manager_n,
            own.name as own_name, own.email as own_email, guests.name as guest_name,
            guests.email as guest_email, managers.name as manager_name,
            managers.email as manager_email, managers.region_name as manager_region_name,
            -- Some minutes to hours after the invitation, never after the meeting has begun.
            least(
                created_at + to_seconds(120 + activity_n * 7_919 % 20_000), starts_at
            ) as answered_at,
            case
                when called_off_at is not null then 'declined'
                when activity_n % 7 = 0 then 'tentativelyAccepted'
                else 'accepted'
            end as answer
        from booked
        join mail_own as own on own.user_n = booked.owner_n
        join mail_people as guests
            on guests.kind = if(booked.contact_n is null, 'lead', 'contact')
            and guests.number = coalesce(booked.contact_n, booked.lead_n)
        left join called_off using (activity_n)
        left join mail_own as managers on managers.user_n = own.manager_n and activity_n % 4 = 0
    )
    select 2 * activity_n as meeting_n, owner_n as mailbox_n, region_name, true as is_organizer,
        invited.* exclude (owner_n, region_name, contact_n, lead_n)
    from invited
    union all by name
    select 2 * activity_n + 1 as meeting_n, manager_n as mailbox_n,
        manager_region_name as region_name, false as is_organizer,
        invited.* exclude (owner_n, region_name, contact_n, lead_n)
    from invited where manager_name is not null"""


def prepare_mail(connection: DuckDBPyConnection) -> None:
    """Makes the table `mail_messages`, once for all mail systems of a sandbox."""
    for statement in (*PEOPLE, MESSAGES):
        connection.execute(statement)


def prepare_meetings(connection: DuckDBPyConnection) -> None:
    """Makes the table `mail_meetings`, once for all calendars of a sandbox."""
    for statement in (*PEOPLE, MEETINGS):
        connection.execute(statement)

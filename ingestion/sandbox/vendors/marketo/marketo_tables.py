"""Marketo's version tables from the company's logs: the people and campaigns of its marketing.

The company markets to North America with Marketo. Its leads there, and the contacts of accounts
there, are Marketo's leads; who was a lead first stays the same record as a contact. All campaigns
are programs. Each version of a lead comes with an activity of the same instant, as at the vendor.
"""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from ingestion.sandbox.store import VersionTable
from ingestion.sandbox.vendors.marketo.activity_tables import ACTIVITIES
from ingestion.sandbox.vendors.marketo.names import (
    FIRST_CAMPAIGN,
    FIRST_EMAIL,
    FIRST_LEAD,
    FIRST_PROGRAM,
    SCHEMA,
    SITE,
)

REGION = "'North America'"
FORM_SCORE, CLICK_SCORE, RESPONSE_SCORE = 15, 10, 20

# Contacts that were there before the first lead came in with the import at the start.
PEOPLE = f"""create temp table mk_people as
    with
    born as (
        select 0 as kind, lead_n, cast(null as bigint) as contact_n, min(created_at) as created_at,
            max(converted_contact_n) as converted_contact_n
        from leads where region_name = {REGION} group by lead_n
    ),
    plain as (
        select 1, cast(null as bigint), contact_n,
            greatest(min(created_at), coalesce((select min(created_at) from born), min(created_at)))
        from contacts
        where account_n in (select account_n from accounts where region_name = {REGION})
            and contact_n not in
                (select converted_contact_n from leads where converted_contact_n is not null)
        group by contact_n
    )
    select
        {FIRST_LEAD} + row_number() over (order by created_at, kind, coalesce(lead_n, contact_n))
            as lead_id,
        kind, lead_n, contact_n, created_at
    from (select kind, lead_n, converted_contact_n as contact_n, created_at from born
        union all select * from plain)"""
LEAD_LOG = """create temp table mk_lead_log as
    select
        p.lead_id, l.version_at as happened_at, l.is_deleted, w.lead_id as winner_id, l.first_name,
        l.last_name, l.email, l.company, l.title, l.industry, l.employees, l.country,
        l.lead_source, l.status, l.campaign_n
    from leads as l
    join mk_people as p on p.lead_n = l.lead_n
    left join mk_people as w on w.lead_n = l.merged_into_n"""
CONTACT_LOG = """create temp table mk_contact_log as
    select p.lead_id, greatest(c.version_at, p.created_at) as happened_at,
        c.is_deleted, w.lead_id as winner_id, c.account_n, c.first_name, c.last_name, c.email,
        c.phone, c.title
    from contacts as c
    join mk_people as p on p.contact_n = c.contact_n
    left join mk_people as w on w.contact_n = c.merged_into_n
    qualify row_number() over (
        partition by p.lead_id, greatest(c.version_at, p.created_at) order by c.version_at desc) = 1
"""
GONE = """create temp table mk_gone as
    select lead_id, min(happened_at) as happened_at, arg_min(winner_id, happened_at) as winner_id
    from (select lead_id, happened_at, winner_id from mk_lead_log where is_deleted
        union all select lead_id, happened_at, winner_id from mk_contact_log where is_deleted)
    group by lead_id"""
MAIL = """create temp table mk_mail as
    with addresses as (
        select lower(email) as email, lead_id from mk_lead_log
        union select lower(email), lead_id from mk_contact_log
    )
    select e.event_n, e.email_campaign_n, e.type, e.occurred_at, a.lead_id, e.recipient
    from email_events as e
    join addresses as a on a.email = lower(e.recipient)
    join mk_people as p on p.lead_id = a.lead_id and e.occurred_at >= p.created_at
    left join mk_gone as g on g.lead_id = a.lead_id
    where g.happened_at is null or e.occurred_at < g.happened_at
    qualify row_number() over (partition by e.event_n order by a.lead_id) = 1"""
MEMBERS = f"""create temp table mk_members as
    select
        p.lead_id, {FIRST_PROGRAM} + m.campaign_n as program_id, m.version_at as happened_at,
        m.status,
        lag(m.status) over (partition by m.member_n order by m.version_at) as old_status,
        first_value(m.version_at) over (partition by m.member_n order by m.version_at) as since,
        m.member_n, g.happened_at as gone_at
    from campaign_members as m
    join mk_people as p on p.lead_n = m.lead_n
    left join mk_gone as g on g.lead_id = p.lead_id
    where g.happened_at is null or m.version_at < g.happened_at"""
VISITORS = f"""create temp table mk_forms as
    select p.lead_id, p.created_at as happened_at, any_value(l.lead_source) as lead_source
    from mk_people as p
    join mk_lead_log as l on l.lead_id = p.lead_id and l.happened_at = p.created_at
    where l.lead_source in ('Website', 'Google Ads', 'Content Download', 'Webinar')
    group by p.lead_id, p.created_at;
    create temp table mk_visits as
    select event_n * 2 as n, lead_id, occurred_at + interval 7 second as happened_at,
        '/offers/' || email_campaign_n as page, 'https://mail.example/' as referrer
    from mk_mail where type = 'CLICK'
    union all
    select lead_id * 2 + 1, lead_id, happened_at + interval 1 second,
        if(lead_source = 'Google Ads', '/pricing', '/' || lower(replace(lead_source, ' ', '-'))),
        if(lead_source = 'Google Ads', 'https://www.google.com/', '{SITE}/')
    from mk_forms"""
# What changes a lead beyond the CRM's versions: scores, and what its mailbox says.
CHANGES = f"""create temp table mk_changes as
    with raised as (
        select lead_id, happened_at, {FORM_SCORE} as score, 'Filled out a form' as reason, 0 as n
        from mk_forms
        union all select lead_id, occurred_at, {CLICK_SCORE}, 'Clicked in an email', event_n
        from mk_mail where type = 'CLICK'
        union all select lead_id, happened_at, {RESPONSE_SCORE}, 'Responded to a program', member_n
        from mk_members where status = 'Responded'
        union all select lead_id, occurred_at, 0, type, event_n
        from mk_mail where type in ('STATUSCHANGE', 'BOUNCE')
    )
    select *,
        sum(score) over w as total,
        max(reason = 'STATUSCHANGE') over w as unsubscribed,
        max(reason = 'BOUNCE') over w as invalid,
        row_number() over (order by happened_at, lead_id, reason, n) as change_n
    from raised
    window w as (partition by lead_id order by happened_at, reason, n)"""
LEADS = f"""
    with moments as (
        select lead_id, happened_at from mk_lead_log
        union select lead_id, happened_at from mk_contact_log
        union select lead_id, happened_at from mk_changes
    ),
    changes as (select * from mk_changes
        qualify row_number() over (partition by lead_id, happened_at order by change_n desc) = 1)
    select
        cast(m.lead_id as varchar) as _key,
        m.happened_at as _from,
        m.lead_id as id,
        coalesce(g.happened_at <= m.happened_at, false) as is_deleted,
        p.created_at as created_at,
        coalesce(c.first_name, l.first_name) as "firstName",
        coalesce(c.last_name, l.last_name) as "lastName",
        if(m.lead_id % 19 = 0, upper(coalesce(c.email, l.email)), coalesce(c.email, l.email))
            as email,
        coalesce(l.company, a.name) as company,
        coalesce(c.title, l.title) as title,
        c.phone as phone,
        l.industry as industry,
        l.employees as "numberOfEmployees",
        l.country as country,
        l.lead_source as "leadSource",
        l.status as "leadStatus",
        cast(coalesce(x.total, 0) as bigint) as "leadScore",
        coalesce(x.unsubscribed, false) as unsubscribed,
        coalesce(x.invalid, false) as "emailInvalid",
        {FIRST_PROGRAM} + l.campaign_n as "acquisitionProgramId",
        case m.lead_id % 3 when 0 then 'Forecasting, 予測' when 1 then 'Coaching' end
            as "productInterest"
    from moments as m
    join mk_people as p on p.lead_id = m.lead_id and m.happened_at >= p.created_at
    left join mk_gone as g on g.lead_id = m.lead_id
    asof left join mk_lead_log as l on l.lead_id = m.lead_id and l.happened_at <= m.happened_at
    asof left join mk_contact_log as c on c.lead_id = m.lead_id and c.happened_at <= m.happened_at
    asof left join changes as x on x.lead_id = m.lead_id and x.happened_at <= m.happened_at
    left join (select account_n, any_value(name) as name from accounts group by 1) as a
        on a.account_n = c.account_n
    where g.happened_at is null or m.happened_at <= g.happened_at"""
PROGRAM_MEMBERS = """
    select
        program_id || '-' || lead_id as _key, happened_at as _from, program_id, lead_id, status,
        since, status = 'Responded' as success, false as is_deleted
    from mk_members
    union all
    select distinct program_id || '-' || lead_id, gone_at, program_id, lead_id, 'Sent', since,
        false, true
    from mk_members where gone_at is not null"""
# Period costs are booked once a day, from what the day's reports changed.
PROGRAM_COSTS = f"""create temp table mk_costs as
    with changed as (
        select campaign_n, date_trunc('month', date) as month, version_at,
            cost - coalesce(lag(cost) over (partition by campaign_n, date order by version_at), 0)
                as more
        from campaign_daily
    ),
    booked as (
        select campaign_n, month, max(version_at) as happened_at, sum(more) as more
        from changed group by campaign_n, month, date_trunc('day', version_at)
    )
    select {FIRST_PROGRAM} + campaign_n as program_id, month, happened_at,
        sum(more) over (partition by campaign_n, month order by happened_at) as cost
    from booked"""
PROGRAMS = f"""
    with log as (select {FIRST_PROGRAM} + campaign_n as program_id, * from campaigns),
    born as (select program_id, min(version_at) as created_at from log group by 1),
    moments as (
        select program_id, version_at as happened_at from log
        union select program_id, happened_at from mk_costs
    )
    select
        cast(m.program_id as varchar) as _key, m.happened_at as _from, m.program_id as id,
        born.created_at, c.name, c.channel, c.status
    from moments as m
    join born on born.program_id = m.program_id and m.happened_at >= born.created_at
    asof join log as c on c.program_id = m.program_id and c.version_at <= m.happened_at"""
EMAILS = f"""select cast({FIRST_EMAIL} + email_campaign_n as varchar) as _key,
    sent_at - interval 2 day as _from, {FIRST_EMAIL} + email_campaign_n as id, name, subject
    from email_campaigns"""
SMART_CAMPAIGNS = f"""
    with log as (
        select {FIRST_CAMPAIGN} + email_campaign_n as id, name, sent_at from email_campaigns
    )
    select cast(id as varchar) as _key, sent_at - interval 1 day as _from, id, name,
        sent_at - interval 1 day as created_at, false as was_run
    from log
    union all
    select cast(id as varchar), sent_at, id, name, sent_at - interval 1 day, true from log"""


def tables(connection: DuckDBPyConnection) -> Iterable[VersionTable]:
    """Tables of schema marketo."""
    for statement in (
        PEOPLE, LEAD_LOG, CONTACT_LOG, GONE, MAIL, MEMBERS, VISITORS, CHANGES, PROGRAM_COSTS,
    ):  # fmt: skip
        connection.execute(statement)
    yield VersionTable(SCHEMA, "leads", LEADS)
    yield VersionTable(
        SCHEMA,
        "activities",
        f"select cast(id as varchar) as _key, * from ({ACTIVITIES})",
        is_log=True,
    )
    yield VersionTable(SCHEMA, "programs", PROGRAMS)
    yield VersionTable(
        SCHEMA,
        "program_costs",
        "select program_id || '-' || month as _key, happened_at as _from, program_id, month, cost"
        " from mk_costs",
    )
    yield VersionTable(SCHEMA, "program_members", PROGRAM_MEMBERS)
    yield VersionTable(SCHEMA, "emails", EMAILS, is_log=True)
    yield VersionTable(SCHEMA, "smart_campaigns", SMART_CAMPAIGNS)

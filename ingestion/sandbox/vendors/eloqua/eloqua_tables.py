"""Eloqua's version tables: APAC's contacts, what they did, and what marketing made."""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from ingestion.sandbox.marketing import FORMS, create_marketing_tables
from ingestion.sandbox.store import ALWAYS, VersionTable, literal

SCHEMA = "eloqua"
REGION = "APAC"
SITE = "https://www.meridia-cloud.example"
FIRST_CONTACT, FIRST_VISITOR, FIRST_SUBSCRIPTION = 100_000, 7_000_000, 2_000_000_000_000
FIRST_EMAIL, FIRST_CAMPAIGN, FIRST_AD_CAMPAIGN, FIRST_FORM = 400, 1_000, 5_000, 50
EMAIL_GROUPS = ("Newsletter", "Product news", "Events", "製品アップデート")
ACTIVITY_TYPES = (
    ("sent", "EmailSend"),
    ("open", "EmailOpen"),
    ("click", "EmailClickthrough"),
    ("bounce", "Bounceback"),
    ("unsubscribe", "Unsubscribe"),
    ("form", "FormSubmit"),
    ("page", "PageView"),
    ("page", "WebVisit"),
)
# Bouncebacks become visible ten minutes to two and a half days after they happened.
FIRST_SEEN_SECONDS, LATEST_SEEN_SECONDS = 600, 216_000

_BORN = """create temp table el_born as
    select person_n, min(created_at) as created_at, arg_min(email, version_at) as email,
        arg_min(account_n, version_at) as account_n
    from el_people group by 1"""
_MAILBOXES = """create temp table el_mailboxes as
    select person_n, min(occurred_at) filter (kind = 'unsubscribe') as left_at,
        min(occurred_at) filter (kind = 'bounce') as bounced_at
    from el_touches where kind in ('unsubscribe', 'bounce') group by 1"""

# A visit of the site before somebody was known belongs to nobody until then.
_HAPPENINGS = f"""create temp table el_happenings as
    with touched as (
        select kinds.type, touch_n as id, person_n, occurred_at, email_campaign_n, form_n, page
        from el_touches join (values {{types}}) as kinds (kind, type) using (kind)
        union all by name
        select 'Subscribe' as type, {FIRST_SUBSCRIPTION} + person_n as id, person_n,
            created_at + interval 1 minute as occurred_at
        from el_born where hash(person_n, 'subscribed') % 4 = 0
    ),
    dated as (
        select touched.*, born.created_at as born_at, born.email,
            case type when 'Bounceback' then occurred_at + to_seconds({FIRST_SEEN_SECONDS}
                + cast(hash(id, 'late') % {LATEST_SEEN_SECONDS} as bigint))
                else occurred_at end as seen_at
        from touched join el_born as born using (person_n)
    )
    select *, page is null or form_n is not null or occurred_at >= born_at as is_known from dated
    union all by name
    select * replace (born_at as seen_at), true as is_known from dated
    where page is not null and form_n is null and occurred_at < born_at"""

CONTACTS = f"""
    with moments as (
        select person_n, version_at as moment from el_people
        union select person_n, left_at from el_mailboxes where left_at is not null
        union select person_n, bounced_at from el_mailboxes where bounced_at is not null
    )
    select
        cast({FIRST_CONTACT} + moments.person_n as varchar) as _key,
        moments.moment as _from,
        {FIRST_CONTACT} + moments.person_n as id,
        people.is_deleted as "isDeleted",
        people.account_n as account_id,
        coalesce(boxes.left_at > moments.moment, true) as is_subscribed,
        coalesce(boxes.bounced_at <= moments.moment, false) as is_bounced,
        if(hash(moments.person_n) % 6 = 0, upper(people.email[1]) || people.email[2:], people.email)
            as "C_EmailAddress",
        people.first_name as "C_FirstName",
        people.last_name as "C_LastName",
        people.company as "C_Company",
        people.title as "C_Title",
        people.phone as "C_BusPhone",
        people.country as "C_Country",
        people.owner_n as "C_SalesPerson",
        people.industry as "C_Industry1",
        people.lead_source as "C_Lead_Source___Most_Recent1",
        people.status as "C_Lead_Status1",
        people.employees as "C_Employees1",
        case hash(moments.person_n, 'interest') % 3 when 0 then 'Forecasting, 予測'
            when 1 then 'Coaching' end as "C_Product_Interest1",
        people.created_at as "C_DateCreated",
        moments.moment as "C_DateModified"
    from moments
    asof join el_people as people
        on people.person_n = moments.person_n and people.version_at <= moments.moment
    left join el_mailboxes as boxes on boxes.person_n = moments.person_n
    where not people.is_deleted or moments.moment = people.version_at"""
ACTIVITIES = f"""
    select
        type || '-' || id as _key,
        seen_at as _from,
        type,
        id,
        happenings.occurred_at,
        person_n,
        is_known,
        happenings.email,
        page,
        form_n,
        email_campaign_n,
        {FIRST_CAMPAIGN} + email_campaign_n as campaign_id,
        case
            when type in ('Subscribe', 'Unsubscribe') then 'EmailGroup'
            when form_n is not null then 'Form'
            when page is null then 'Email'
        end as asset_type,
        case
            when type = 'Subscribe' then 1
            when type = 'Unsubscribe' then el_group(email_campaign_n)
            when form_n is not null then {FIRST_FORM} + form_n
            when page is null then {FIRST_EMAIL} + email_campaign_n
        end as asset_id,
        mails.name as mail_name,
        mails.subject
    from el_happenings as happenings
    left join email_campaigns as mails using (email_campaign_n)"""
# Mailings end after two weeks, automations never; advertising has its own states and budgets.
CAMPAIGNS = f"""
    with mailings as (
        select {FIRST_CAMPAIGN} + email_campaign_n as id, name, 'Email' as kind,
            sent_at as start_at,
            if(name like 'Automation%', null, sent_at + interval 14 day) as end_at,
            sent_at - interval 5 day as created_at, true as is_mailing
        from email_campaigns
    ),
    states as (
        select *, 'Draft' as status, created_at as moment from mailings
        union all by name select *, 'Active' as status, start_at as moment from mailings
        union all by name
        select *, 'Completed' as status, end_at as moment from mailings where end_at is not null
        union all by name
        select {FIRST_AD_CAMPAIGN} + campaign_n as id, name, channel as kind,
            cast(start_date as timestamp) as start_at, cast(end_date as timestamp) as end_at,
            min(version_at) over (partition by campaign_n) as created_at, false as is_mailing,
            if(status = 'Enabled', 'Active', 'Completed') as status, version_at as moment, budget
        from campaigns
    )
    select cast(id as varchar) as _key, moment as _from, *,
        if(is_mailing, 'emailMarketing', 'contact') as category
    from states"""
# One in seventeen mailings is deleted later, one in eleven is archived.
EMAILS = f"""
    with mails as (
        select {FIRST_EMAIL} + email_campaign_n as id, email_campaign_n, name, subject, sent_at,
            sent_at - interval 2 day as created_at, el_group(email_campaign_n) as group_id
        from email_campaigns
    ),
    states as (
        select *, created_at as moment, false as archived, false as "isDeleted" from mails
        union all
        select *, sent_at + interval 120 day, true, false from mails
        where email_campaign_n % 11 = 0 and email_campaign_n % 17 > 0
        union all
        select *, sent_at + interval 90 day, false, true from mails where email_campaign_n % 17 = 0
    )
    select cast(id as varchar) as _key, moment as _from, * from states"""
FORM_LIST = f"""
    select cast({FIRST_FORM} + form_n as varchar) as _key, {ALWAYS} as _from,
        {FIRST_FORM} + form_n as id, name, {ALWAYS} as created_at
    from (values {{forms}}) as listed (form_n, name)"""
# A group changes with each mailing made for it.
GROUP_LIST = f"""
    with listed (id, name) as (values {{groups}})
    select cast(id as varchar) as _key, {ALWAYS} as _from, id, name, cast([] as bigint[]) as emails
    from listed
    union all
    select cast(id as varchar), sent_at - interval 2 day, id, listed.name,
        list({FIRST_EMAIL} + email_campaign_n) over (
            partition by id order by sent_at, email_campaign_n
        )
    from email_campaigns join listed on listed.id = el_group(email_campaign_n)"""


def tables(connection: DuckDBPyConnection) -> Iterable[VersionTable]:
    """Tables of schema eloqua; run while the company's frames are registered."""
    create_marketing_tables(connection, prefix="el", region=REGION)
    connection.execute(f"create macro el_group(number) as 1 + number % {len(EMAIL_GROUPS)}")
    types = ", ".join(f"('{kind}', '{name}')" for kind, name in ACTIVITY_TYPES)
    for statement in (_BORN, _MAILBOXES, _HAPPENINGS.format(types=types)):
        connection.execute(statement)
    yield VersionTable(SCHEMA, "contacts", CONTACTS)
    yield VersionTable(SCHEMA, "activities", ACTIVITIES)
    yield VersionTable(SCHEMA, "campaigns", CAMPAIGNS)
    yield VersionTable(SCHEMA, "emails", EMAILS)
    yield VersionTable(SCHEMA, "forms", FORM_LIST.format(forms=_rows(form.name for form in FORMS)))
    yield VersionTable(SCHEMA, "email_groups", GROUP_LIST.format(groups=_rows(EMAIL_GROUPS)))


def _rows(names: Iterable[str]) -> str:
    return ", ".join(f"({number}, {literal(name)})" for number, name in enumerate(names, start=1))

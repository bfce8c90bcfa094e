"""Account Engagement's version tables: EMEA's people, what they did, and what marketing made."""

from collections.abc import Iterable
from typing import Any

from duckdb import DuckDBPyConnection

from ingestion.sandbox.marketing import FORMS, create_marketing_tables
from ingestion.sandbox.store import ALWAYS, Store, VersionTable, literal
from ingestion.sandbox.vendors.pardot.objects import OBJECT_TYPES, ObjectType
from ingestion.sandbox.vendors.salesforce import ids

SCHEMA = "pardot"
REGION = "EMEA"
SITE = "https://www.revlake.example"
SQL_TYPES = {
    "int": "bigint",
    "text": "varchar",
    "flag": "boolean",
    "number": "double",
    "instant": "timestamp",
}
ID_BASES = {
    "pardot_prospect_id": 50_000_000,
    "pardot_visitor_id": 80_000_000,
    "pardot_anonymous_id": 90_000_000,
    "pardot_campaign_id": 4_000,
    "pardot_list_email_id": 700_000,
    "pardot_form_id": 1_200,
    "pardot_user_id": 30_000,
    "pardot_opportunity_id": 6_000_000,
}
POINTS = {"form": 50, "click": 3, "open": 1, "page": 1}
NEWSLETTER = 1
CUSTOMERS = 2
STATIC_LISTS = (3, 4, 5, 6)
LIST_NAMES = (
    "EMEA – Newsletter",
    "EMEA – Customers",
    "Roadshow München 2025",
    "Webinar attendees",
    "Event badge scans",
    "Partner referrals",
)

_SCORES = """create temp table pd_scores as
    select person_n, moment, max(score) as score from (
        select person_n, occurred_at as moment, sum(points) over (
            partition by person_n order by occurred_at, touch_n rows unbounded preceding
        ) as score
        from pd_touches join (values {points}) as worth (kind, points) using (kind)
    ) group by 1, 2"""

# A score that moves is a new version of the prospect, and so is an opt-out or a bounce.
_PROSPECTS = """create temp view pd_prospects as
    with moments as (
        select person_n, version_at as moment from pd_people
        union select person_n, moment from pd_scores
        union select person_n, left_at from pd_leavers
        union select person_n, bounced_at from pd_bounces
    )
    select people.*, moments.moment as changed_at, coalesce(scores.score, 0) as points,
        case when scores.moment >= people.created_at then scores.moment end as touched_at,
        gone.left_at, bounced.bounced_at
    from moments
    asof join pd_people as people
        on people.person_n = moments.person_n and people.version_at <= moments.moment
    asof left join pd_scores as scores
        on scores.person_n = moments.person_n and scores.moment <= moments.moment
    left join pd_leavers as gone
        on gone.person_n = moments.person_n and gone.left_at <= moments.moment
    left join pd_bounces as bounced
        on bounced.person_n = moments.person_n and bounced.bounced_at <= moments.moment
    where not people.is_deleted or moments.moment = people.version_at"""

_VISITORS = """create temp view pd_visitors as
    with born as (select person_n, min(created_at) as created_at from pd_people group by 1)
    select pardot_visitor_id(touches.person_n) as number, touches.person_n,
        touches.occurred_at as moment,
        min(touches.occurred_at) over (partition by touches.person_n) as first_at,
        count(*) over (
            partition by touches.person_n order by touches.occurred_at, touches.touch_n
            rows unbounded preceding
        ) as views,
        touches.occurred_at >= born.created_at as is_known
    from pd_touches as touches join born on born.person_n = touches.person_n
    where touches.kind in ('page', 'form')
    union all by name
    select pardot_anonymous_id(person_n) as number, person_n, created_at - interval 2 day as moment,
        created_at - interval 2 day as first_at, 1 as views, false as is_known
    from born where hash(person_n, 'anonymous') % 3 = 0"""

_MEMBERSHIPS = """create temp view pd_memberships as
    with born as (
        select person_n, min(created_at) as created_at, min(converted_at) as converted_at,
            min(version_at) filter (is_deleted) as deleted_at
        from pd_people group by 1
    ),
    joined as (
        select person_n, {newsletter} as list_n, created_at as joined_at, deleted_at from born
        union all
        select person_n, {customers}, converted_at, deleted_at from born
        where converted_at is not null
        union all
        select person_n, list_n, created_at + interval 1 day, coalesce(
            least(deleted_at, case
                when hash(list_n, person_n) % 5 = 0 then created_at + interval 90 day end),
            deleted_at,
            case when hash(list_n, person_n) % 5 = 0 then created_at + interval 90 day end
        )
        from born, unnest({static}) as lists (list_n) where hash(person_n, list_n) % 8 = 0
    ),
    kept as (select * from joined where deleted_at is null or deleted_at > joined_at)
    select *, joined_at as moment, false as is_deleted, false as opted_out from kept
    union all
    select *, deleted_at, true, false from kept where deleted_at is not null
    union all
    select kept.*, gone.left_at, false, true
    from kept join pd_leavers as gone on gone.person_n = kept.person_n
    where gone.left_at > joined_at and (deleted_at is null or gone.left_at < deleted_at)
        and kept.list_n = {newsletter}"""

# Opportunities of the region, with the state of the account's region when they were born.
_OPPORTUNITIES = """create temp view pd_opportunities as
    select opportunities.* from opportunities
    join (select account_n, min(region_name) as region_name from accounts group by 1) as homes
        on homes.account_n = opportunities.account_n and homes.region_name = '{region}'"""


def tables(connection: DuckDBPyConnection) -> Iterable[VersionTable]:
    """Version tables of all objects; run while the company's frames are registered."""
    ids.register(connection)
    for name, base in ID_BASES.items():
        connection.execute(f"create macro {name}(number) as {base} + number")
    create_marketing_tables(connection, prefix="pd", region=REGION)
    points = ", ".join(f"('{kind}', {worth})" for kind, worth in POINTS.items())
    firsts = "create temp table {} as select person_n, min(occurred_at) as {} from pd_touches"
    for statement in (
        f"{firsts.format('pd_leavers', 'left_at')} where kind = 'unsubscribe' group by 1",
        f"{firsts.format('pd_bounces', 'bounced_at')} where kind = 'bounce' group by 1",
        _SCORES.format(points=points),
        _PROSPECTS,
        _VISITORS,
        _MEMBERSHIPS.format(newsletter=NEWSLETTER, customers=CUSTOMERS, static=list(STATIC_LISTS)),
        _OPPORTUNITIES.format(region=REGION),
    ):
        connection.execute(statement)
    return [_table(path, *source) for path, source in SOURCES.items()]


def _table(
    path: str, source: str, version_at: str, values: dict[str, str], is_log: bool = False
) -> VersionTable:
    """The table of an object, with the fields that the company has values for."""
    kind = OBJECT_TYPES[path]
    fields = ", ".join(
        f'cast({value} as {SQL_TYPES[kind.fields[name]]}) as "{name}"'
        for name, value in values.items()
    )
    return VersionTable(
        SCHEMA,
        kind.table,
        f"select {fields}, cast({values['id']} as varchar) as _key,"
        f" cast({version_at} as timestamp) as _from from {source}",
        is_log=is_log,
    )


def column(kind: ObjectType, name: str) -> str:
    """SQL of an object's field: null where the company has nothing for it."""
    known = SOURCES[kind.path][2]
    return f'"{name}"' if name in known else f"cast(null as {SQL_TYPES[kind.fields[name]]})"


def columns(kind: ObjectType, names: Iterable[str]) -> str:
    return ", ".join(f'{column(kind, name)} as "{name}"' for name in names)


def _rows(names: Iterable[str], columns: str) -> str:
    listed = ", ".join(f"({n}, {literal(name)})" for n, name in enumerate(names, start=1))
    return f"(values {listed}) as listed ({columns})"


def list_email_stats(store: Store, number: int) -> dict[str, Any] | None:
    """The figures of a list e-mail as of now, None where there is no such list e-mail."""
    emails = store.current(f"{SCHEMA}.list_emails")
    known = store.fetch(f'select 1 from {emails} where "id" = {number}')
    if known.is_empty():
        return None
    counted = store.fetch(
        'select "type" as kind, count(*) as times, count(distinct "prospectId") as people'
        f" from {store.current(f'{SCHEMA}.visitor_activities')}"
        f' where "listEmailId" = {number} group by 1'
    )
    times = {kind: (times, people) for kind, times, people in counted.rows()}
    sent, bounced = times.get(6, (0, 0))[0], times.get(13, (0, 0))[0]
    opens, clicks, left = (times.get(kind, (0, 0)) for kind in (11, 1, 12))
    delivered = sent - bounced

    def rate(part: int, whole: int) -> float:
        return round(part / whole, 4) if whole else 0.0

    return {
        "listEmailId": number, "sent": sent, "delivered": delivered, "softBounced": 0,
        "hardBounced": bounced, "opens": opens[0], "uniqueOpens": opens[1],
        "totalClicks": clicks[0], "uniqueClicks": clicks[1], "optOuts": left[0],
        "spamComplaints": 0, "deliveryRate": rate(delivered, sent),
        "opensRate": rate(opens[1], delivered), "clickThroughRate": rate(clicks[0], delivered),
        "uniqueClickThroughRate": rate(clicks[1], delivered),
        "clickOpenRatio": rate(clicks[1], opens[1]), "optOutRate": rate(left[0], delivered),
        "spamComplaintRate": 0.0,
    }  # fmt: skip


_PROSPECT_VALUES = {
    "id": "pardot_prospect_id(person_n)",
    "assignedToId": "pardot_user_id(owner_n)",
    "campaignId": "pardot_campaign_id(campaign_n)",
    "score": "points",
    "grade": "list_extract(['A', 'A-', 'B+', 'B', 'C+', 'C', 'D'],"
    " cast(hash(person_n, title) % 7 as bigint) + 1)",
    "employees": "employees",
    "company": "company",
    "convertedAt": "converted_at",
    "country": "country",
    "salesforceAccountId": "sf_id('001', account_n)",
    "salesforceCampaignId": "sf_id('701', campaign_n)",
    "salesforceContactId": "sf_id('003', contact_n)",
    "salesforceLeadId": "sf_id('00Q', lead_n)",
    "salesforceId": "coalesce(sf_id('003', contact_n), sf_id('00Q', lead_n))",
    "salesforceOwnerId": "sf_id('005', owner_n)",
    # Addresses keep the case in which people typed them.
    "email": "case when hash(person_n) % 7 = 0 then upper(email[1]) || email[2:] else email end",
    "firstName": "first_name",
    "lastName": "last_name",
    "industry": "industry",
    "jobTitle": "title",
    "phone": "phone",
    "source": "lead_source",
    "Buying_Role__c": "case when title like '%Head%' or title like '%VP%' or title like '%C_O%'"
    " then 'Decision maker' else 'User' end",
    "Preferred_Language__c": "case country when 'Germany' then 'de' when 'France' then 'fr'"
    " when 'Spain' then 'es' else 'en' end",
    "doNotSell": "false",
    "isDeleted": "is_deleted",
    "isDoNotCall": "false",
    "isDoNotEmail": "left_at is not null",
    "isEmailHardBounced": "bounced_at is not null",
    "emailBouncedAt": "bounced_at",
    "isReviewed": "status <> 'New'",
    "isStarred": "false",
    "optedOut": "left_at is not null",
    "firstActivityAt": "created_at",
    "lastActivityAt": "touched_at",
    "createdAt": "created_at",
    "updatedAt": "changed_at",
}
_ACTIVITY_VALUES = {
    "id": "touch_n",
    "type": "type",
    "typeName": "type_name",
    "details": "details",
    "prospectId": "prospect_id",
    "visitorId": "visitor_id",
    "listEmailId": "list_email_id",
    "emailId": "list_email_id",
    "formId": "form_id",
    "opportunityId": "opportunity_id",
    "createdAt": "moment",
    "updatedAt": "moment",
}
_ACTIVITIES = f"""(
    select touch_n, kinds.type, kinds.type_name, pardot_prospect_id(person_n) as prospect_id,
        case when kind in ('page', 'form') then pardot_visitor_id(person_n) end as visitor_id,
        pardot_list_email_id(email_campaign_n) as list_email_id, pardot_form_id(form_n) as form_id,
        cast(null as bigint) as opportunity_id,
        coalesce(emails.subject, '{SITE}' || page) as details, occurred_at as moment
    from pd_touches
    join (values ('sent', 6, 'Email'), ('open', 11, 'Email'), ('click', 1, 'Email Tracker'),
        ('bounce', 13, 'Email'), ('unsubscribe', 12, 'Email'), ('form', 4, 'Form'),
        ('page', 2, 'Page View')) as kinds (kind, type, type_name) using (kind)
    left join email_campaigns as emails using (email_campaign_n)
    union all by name
    select 3000000000000 + 10 * opportunity_n + type - 8 as touch_n, type,
        'Opportunity' as type_name, pardot_opportunity_id(opportunity_n) as opportunity_id,
        name as details, moment
    from (
        select opportunity_n, name, 8 as type, version_at as moment from pd_opportunities
        qualify row_number() over (partition by opportunity_n order by version_at) = 1
        union all
        select opportunity_n, name, case when is_won then 9 else 10 end as type,
            version_at as moment
        from pd_opportunities where is_closed
        qualify row_number() over (partition by opportunity_n order by version_at) = 1
    )
)"""
_EMAILS = """(
    select *, sent_at - interval 2 day as moment, false as is_sent from email_campaigns
    union all select *, sent_at as moment, true as is_sent from email_campaigns
)"""

SOURCES: dict[str, tuple[str, str, dict[str, str]] | tuple[str, str, dict[str, str], bool]] = {
    "prospects": ("pd_prospects", "changed_at", _PROSPECT_VALUES),
    "visitors": (
        "pd_visitors",
        "moment",
        {
            "id": "number",
            "pageViewCount": "views",
            "prospectId": "case when is_known then pardot_prospect_id(person_n) end",
            "ipAddress": "'203.0.113.' || hash(number) % 254",
            "hostname": "'host-' || hash(number) % 1000 || '.isp.example'",
            "doNotSell": "false",
            "isDeleted": "false",
            "isIdentified": "is_known",
            "createdAt": "first_at",
            "updatedAt": "moment",
        },
    ),
    "visitor-activities": (_ACTIVITIES, "moment", _ACTIVITY_VALUES, True),
    "campaigns": (
        "(select *, min(version_at) over (partition by campaign_n) as created_at from campaigns)",
        "version_at",
        {
            "id": "pardot_campaign_id(campaign_n)",
            "name": "name",
            "cost": "round(budget)",
            "salesforceId": "sf_id('701', campaign_n)",
            "isDeleted": "false",
            "createdAt": "created_at",
            "updatedAt": "version_at",
        },
    ),
    "lists": (
        _rows(LIST_NAMES, "list_n, name"),
        ALWAYS,
        {
            "id": "list_n",
            "name": "name",
            "title": "name",
            "isDeleted": "false",
            "isDynamic": f"list_n in ({NEWSLETTER}, {CUSTOMERS})",
            "isPublic": f"list_n = {NEWSLETTER}",
            "isSalesforceVisible": "true",
            "createdAt": ALWAYS,
            "updatedAt": ALWAYS,
        },
    ),
    "list-memberships": (
        "pd_memberships",
        "moment",
        {
            "id": "person_n * 10 + list_n",
            "listId": "list_n",
            "prospectId": "pardot_prospect_id(person_n)",
            "optedOut": "opted_out",
            "isDeleted": "is_deleted",
            "createdAt": "joined_at",
            "updatedAt": "moment",
        },
    ),
    "forms": (
        _rows((form.name for form in FORMS), "form_n, name"),
        ALWAYS,
        {
            "id": "pardot_form_id(form_n)",
            "name": "name",
            "submitButtonText": "'Submit'",
            "isAlwaysDisplay": "false",
            "isCaptchaEnabled": "true",
            "isCookieless": "false",
            "isDeleted": "false",
            "isUseRedirectLocation": "false",
            "showNotProspect": "false",
            "createdAt": ALWAYS,
            "updatedAt": ALWAYS,
        },
    ),
    "list-emails": (
        _EMAILS,
        "moment",
        {
            "id": "pardot_list_email_id(email_campaign_n)",
            "name": "name",
            "subject": "subject",
            "clientType": "'Builder'",
            "isDeleted": "false",
            "isOperational": "false",
            "isPaused": "false",
            "isSent": "is_sent",
            "sentAt": "case when is_sent then sent_at end",
            "createdAt": "sent_at - interval 2 day",
            "updatedAt": "moment",
        },
    ),
    "opportunities": (
        "pd_opportunities",
        "version_at",
        {
            "id": "pardot_opportunity_id(opportunity_n)",
            "campaignId": "pardot_campaign_id(campaign_n)",
            "name": "name",
            "type": "type",
            "stage": "stage",
            "status": "case when is_won then 'Won' when is_closed then 'Lost' else 'Open' end",
            "probability": "round(100 * probability)",
            "value": "amount",
            "salesforceId": "sf_id('006', opportunity_n)",
            "isDeleted": "is_deleted",
            "closedAt": "close_date",
            "createdAt": "created_at",
            "updatedAt": "version_at",
        },
    ),
    "custom-fields": (
        _rows(("Buying Role", "Preferred Language"), "field_n, name"),
        ALWAYS,
        {
            "id": "field_n",
            "name": "name",
            "fieldId": "replace(name, ' ', '_')",
            "type": "'Text'",
            "isRecordMultipleResponses": "false",
            "isRequired": "false",
            "isUseValues": "false",
            "createdAt": ALWAYS,
            "updatedAt": ALWAYS,
        },
    ),
}

"""HubSpot's version tables from the company's logs: ids, merges, and leads as contacts."""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from ingestion.sandbox.store import VersionTable
from ingestion.sandbox.vendors.google_ads.campaigns import GOOGLE_ADS_ID
from ingestion.sandbox.vendors.hubspot.marketing_tables import marketing_tables
from ingestion.sandbox.vendors.hubspot.objects import OBJECT_TYPES, SQL_TYPES, ObjectType

SCHEMA = "hubspot"
ID_BASES = {
    "hs_company_id": 20_000_000_000,
    "hs_deal_id": 30_000_000_000,
    "hs_product_id": 40_000_000_000,
    "hs_goal_id": 45_000_000_000,
    "hs_plain_contact_id": 50_000_000_000,
    "hs_lead_id": 60_000_000_000,
    "hs_activity_id": 70_000_000_000,
    "hs_line_item_id": 90_000_000_000,
    "hs_owner_id": 600_000_000,
    "hs_user_id": 40_000_000,
}
# A converted lead stays the same HubSpot contact: its contact's later versions are its own. A
# contact that was there before the lead stays a record of its own.
LEAD_OF_CONTACT = """create temp table hs_lead_of_contact as
    select leads.converted_contact_n as contact_n, min(leads.lead_n) as lead_n
    from leads
    join (select contact_n, min(created_at) as created_at from contacts group by 1) as born
        on born.contact_n = leads.converted_contact_n and born.created_at >= leads.converted_at
    where leads.crm = 'hubspot' group by 1"""
CONTACT_ID = """create macro hs_contact_id(number) as coalesce(
    (select hs_lead_id(m.lead_n) from hs_lead_of_contact as m where m.contact_n = number),
    hs_plain_contact_id(number))"""
LEAD_CONTACTS = """create temp table hs_lead_contacts as
    with lead_log as (select * from leads where crm = 'hubspot'),
    contact_log as (
        select contacts.*, m.lead_n from contacts join hs_lead_of_contact as m using (contact_n)
    ),
    moments as (
        select lead_n, version_at from lead_log
        union select c.lead_n, c.version_at from contact_log as c
        join (select lead_n, min(converted_at) as converted_at from lead_log group by 1) as l
            on l.lead_n = c.lead_n and c.version_at >= l.converted_at
    )
    select
        hs_lead_id(moments.lead_n) as contact_id,
        moments.version_at,
        lead_log.created_at,
        lead_log.is_deleted or coalesce(contact_log.is_deleted, false) as is_deleted,
        coalesce(
            hs_lead_id(lead_log.merged_into_n), hs_contact_id(contact_log.merged_into_n)
        ) as merged_into,
        coalesce(contact_log.email, lead_log.email) as email,
        coalesce(contact_log.first_name, lead_log.first_name) as first_name,
        coalesce(contact_log.last_name, lead_log.last_name) as last_name,
        contact_log.phone,
        coalesce(contact_log.title, lead_log.title) as title,
        lead_log.company, lead_log.industry, lead_log.employees, lead_log.country,
        lead_log.region_name, lead_log.status, lead_log.owner_n, lead_log.lead_source,
        coalesce(contact_log.account_n, lead_log.converted_account_n) as account_n,
        lead_log.converted_at, lead_log.converted_opportunity_n, lead_log.campaign_n,
        case
            when lead_log.is_converted then 'opportunity'
            when lead_log.status = 'Qualified' then 'salesqualifiedlead'
            else 'lead' end as lifecyclestage
    from moments
    asof join lead_log
        on lead_log.lead_n = moments.lead_n and lead_log.version_at <= moments.version_at
    asof left join contact_log
        on contact_log.lead_n = moments.lead_n and contact_log.version_at <= moments.version_at"""
PLAIN_CONTACTS = """create temp table hs_plain_contacts as
    select
        hs_plain_contact_id(contact_n) as contact_id, version_at, created_at, is_deleted,
        hs_contact_id(merged_into_n) as merged_into,
        email, first_name, last_name, phone, title, cast(null as varchar) as company,
        cast(null as varchar) as industry, cast(null as bigint) as employees,
        cast(null as varchar) as country, cast(null as varchar) as region_name,
        cast(null as varchar) as status, cast(null as bigint) as owner_n,
        cast(null as varchar) as lead_source, account_n,
        cast(null as timestamp) as converted_at, cast(null as bigint) as converted_opportunity_n,
        cast(null as bigint) as campaign_n, 'opportunity' as lifecyclestage
    from contacts anti join hs_lead_of_contact as m on m.contact_n = contacts.contact_n
    where crm = 'hubspot'"""
COMPANY_LOG = """create temp table hs_company_log as
    select *, account_n as record_n, merged_into_n as merged_into from accounts
    where crm = 'hubspot'"""


def _with_merges(target: str, log: str, key: str) -> str:
    """SQL of `target`: the log plus, for a merge's winner, a version that names who it took in.

    HubSpot shows a merge on the winner (`hs_merged_object_ids`) and moves its modification time.
    """
    shown = "hs_company_id(taken.loser)" if key == "record_n" else "taken.loser"
    return f"""create temp table {target} as
    with taken as (
        select merged_into as winner, {key} as loser, min(version_at) as taken_at
        from {log} where is_deleted and merged_into is not null group by 1, 2
    ),
    moments as (
        select {key} as record, version_at from {log}
        union select winner, taken_at from taken
    ),
    state as (
        select log.* replace (moments.version_at as version_at)
        from moments asof join {log} as log
            on log.{key} = moments.record and log.version_at <= moments.version_at
    )
    select state.*, (
        select string_agg({shown}, ';' order by taken.taken_at, taken.loser) from taken
        where taken.winner = state.{key} and taken.taken_at <= state.version_at
    ) as merged_ids
    from state"""


CONTACT_LOG = """create temp table hs_contact_log as
    select *,
        min(version_at) filter (where lifecyclestage = 'lead') over so_far as lead_at,
        min(version_at) filter (where lifecyclestage = 'salesqualifiedlead') over so_far
            as qualified_at,
        min(version_at) filter (where lifecyclestage = 'opportunity') over so_far
            as opportunity_at
    from (select * from hs_lead_contacts union all by name select * from hs_plain_contacts)
    window so_far as (partition by contact_id order by version_at)"""
CONTACTS_VIEW = """create temp view hs_contacts as
    select *, merged_into is not null as is_merged from hs_contact_rows"""
# A deal that only gets another company or contact is not modified.
DEALS = """create temp table hs_deals as
    with said as (
        select *, hash(*columns(* exclude (version_at, account_n, contact_n))) as words
        from opportunities where crm = 'hubspot'
    ),
    changes as (
        select *, words is distinct from lag(words) over history as is_change from said
        window history as (partition by opportunity_n order by version_at)
    )
    select * exclude (words, is_change),
        max(version_at) filter (where is_change) over history as modified_at
    from changes window history as (partition by opportunity_n order by version_at)"""
# More people of the deal's company join it after the one it began with; some leave it again.
DEAL_CONTACTS = """create temp table hs_deal_contacts as
    with own_deals as (
        select opportunity_n, min(version_at) as began_at,
            arg_min(account_n, version_at) as account_n,
            arg_min(contact_n, version_at) as main_contact_n
        from hs_deals group by 1
    ),
    people as (
        select contact_n, min(created_at) as created_at,
            arg_min(account_n, version_at) as account_n
        from contacts where crm = 'hubspot' group by 1
    ),
    joined as (
        select opportunity_n, contact_n, chance,
            greatest(began_at, created_at)
                + to_hours(cast(24 + chance % 700 as bigint)) as joined_at
        from (
            select *, hash(opportunity_n, contact_n) as chance,
                hs_contact_id(contact_n) as contact, hs_contact_id(main_contact_n) as main_contact
            from own_deals join people using (account_n)
        )
        where chance % 4 = 0 and contact > main_contact
    )
    select opportunity_n, contact_n, joined_at as version_at, false as is_deleted from joined
    union all by name
    select opportunity_n, contact_n,
        joined_at + to_hours(cast(100 + chance % 2000 as bigint)) as version_at, true as is_deleted
    from joined where chance % 12 = 0"""


def tables(connection: DuckDBPyConnection) -> Iterable[VersionTable]:
    """Version tables of all object types; run while the company's frames are registered."""
    connection.execute(GOOGLE_ADS_ID)
    for name, base in ID_BASES.items():
        connection.execute(f"create macro {name}(number) as cast({base} + number as varchar)")
    for statement in (
        LEAD_OF_CONTACT,
        CONTACT_ID,
        LEAD_CONTACTS,
        PLAIN_CONTACTS,
        CONTACT_LOG,
        _with_merges("hs_contact_rows", "hs_contact_log", "contact_id"),
        CONTACTS_VIEW,
        COMPANY_LOG,
        _with_merges("hs_companies", "hs_company_log", "record_n"),
        DEALS,
        DEAL_CONTACTS,
    ):
        connection.execute(statement)
    return [
        *(_table(item) for item in OBJECT_TYPES.values()),
        *SETTINGS,
        *marketing_tables(SCHEMA),
    ]


def _table(item: ObjectType) -> VersionTable:
    properties = ", ".join(
        f'cast({prop.value} as {SQL_TYPES[prop.kind]}) as "{prop.name}"'
        for prop in item.properties
        if prop.name != "hs_object_id"
    )
    links = "".join(f', {value} as "_{name}"' for name, value in item.links.items())
    return VersionTable(
        SCHEMA,
        item.name,
        f"select {properties}, cast({item.key} as bigint) as hs_object_id{links},"
        f" cast({item.created_at} as timestamp) as _created_at, {item.is_deleted} as _archived,"
        f" {item.is_merged} as _merged, {item.key} as _key,"
        f" cast({item.version_at} as timestamp) as _from from {item.source}",
    )


SETTINGS = (
    VersionTable(
        SCHEMA,
        "deals_contacts",
        """select cast(hs_deal_id(opportunity_n) as bigint) as deals,
            cast(hs_contact_id(contact_n) as bigint) as contacts, is_deleted as _deleted,
            hs_deal_id(opportunity_n) || '-' || contact_n as _key, version_at as _from
            from hs_deal_contacts""",
    ),
    VersionTable(
        SCHEMA,
        "owners",
        """select hs_owner_id(user_n) as id, lower(email) as email, first_name, last_name,
            hs_user_id(user_n) as user_id, region_name, role, is_active,
            region_name || ' – ' || coalesce(team_name, 'Leadership') as team_name,
            hs_owner_id(manager_n) as manager_id, hs_owner_id(user_n) as _key,
            min(version_at) over (partition by user_n) as created_at,
            version_at as _from from users where crm = 'hubspot'""",
    ),
    VersionTable(
        SCHEMA,
        "email_campaigns",
        """select cast(900000000 + email_campaign_n as varchar) as id, name, subject, sent_at,
            cast(900000000 + email_campaign_n as varchar) as _key, sent_at as _from
            from email_campaigns""",
    ),
    VersionTable(
        SCHEMA,
        "email_events",
        """select event_n, 900000000 + email_campaign_n as email_campaign_id, recipient, type,
            occurred_at, cast(event_n as varchar) as _key, occurred_at as _from
            from email_events""",
        is_log=True,
    ),
    VersionTable(
        SCHEMA,
        "exchange_rates",
        """select currency_code, start_date, round(1 / units_per_usd, 12) as rate,
            currency_code || start_date as _key, cast(start_date as timestamp) as _from
            from exchange_rates""",
    ),
)

"""Pipedrive's version tables from the company's logs: ids, leads with their persons, merges.

A merge deletes the record that is taken in and moves what was linked to it to the one that stays:
no field tells of it. A lead needs a person. Its conversion deletes it; what was known of it goes on
in the deal, which names it. Should the deal be deleted, the lead comes back into the archive.
"""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from ingestion.sandbox.store import VersionTable
from ingestion.sandbox.vendors.google_ads.campaigns import GOOGLE_ADS_ID

SCHEMA = "pipedrive"
PIPELINE = 1
STAGES = {"Qualification": 1, "Discovery": 2, "Proposal": 3, "Negotiation": 4}
ID_BASES = {
    "pd_user_id": 21_000_000,
    "pd_org_id": 100_000,
    "pd_contact_person_id": 1_000_000,
    "pd_lead_person_id": 5_000_000,
}
LEAD_ID = """create or replace macro pd_lead_id(number) as
    cast(cast(md5('pipedrive lead ' || number) as uuid) as varchar)"""
ISO_TEXT = """create or replace macro pd_iso(instant) as
    strftime(instant, '%Y-%m-%dT%H:%M:%SZ')"""
OWN = {
    f"pd_own_{name}": f"select * from {name} where crm = 'pipedrive'"
    for name in ("accounts", "contacts", "leads", "opportunities", "activities", "line_items")
}
# A contact that came with a conversion is the lead's person; one who was there before is another.
LEAD_OF_CONTACT = """create temp table pd_lead_of_contact as
    select leads.converted_contact_n as contact_n, min(leads.lead_n) as lead_n,
        min(leads.created_at) as created_at
    from pd_own_leads as leads
    join (select contact_n, min(created_at) as created_at from contacts group by 1) as born
        on born.contact_n = leads.converted_contact_n and born.created_at >= leads.converted_at
    group by 1"""
PERSON_ID = """create or replace macro pd_person_id(number) as coalesce(
    (select pd_lead_person_id(m.lead_n) from pd_lead_of_contact as m where m.contact_n = number),
    pd_contact_person_id(number))"""
PERSONS = """create temp table pd_person_log as
    select
        pd_person_id(contact_n) as record_id, pd_person_id(merged_into_n) as merged_into,
        contacts.version_at, coalesce(m.created_at, contacts.created_at) as created_at, is_deleted,
        first_name, last_name, email, phone, title, pd_org_id(account_n) as org_id,
        cast(null as bigint) as owner_id
    from pd_own_contacts as contacts
    left join pd_lead_of_contact as m using (contact_n)
    union all
    select
        pd_lead_person_id(lead_n), null, leads.version_at, leads.created_at, is_deleted,
        first_name, last_name, email, null, title, null, pd_user_id(owner_n)
    from pd_own_leads as leads
    left join (select distinct lead_n as mapped from pd_lead_of_contact) on mapped = lead_n
    where mapped is null or converted_at is null or version_at < converted_at"""
DEAL_ENDS = """create temp table pd_deal_ends as
    select opportunity_n, min(version_at) as ended_at
    from pd_own_opportunities where is_deleted group by 1"""
CONVERSIONS = """create temp table pd_conversions as
    select distinct on (converted_opportunity_n)
        converted_opportunity_n as opportunity_n, lead_n, created_at, converted_at, company,
        industry, employees, country, region_name
    from pd_own_leads where is_converted and converted_opportunity_n is not null
    order by converted_opportunity_n, version_at desc"""
LEADS = """create temp table pd_lead_log as
    select leads.*, ended_at is not null and version_at >= ended_at as is_restored
    from (
        select * from pd_own_leads
        union all by name
        select leads.* replace (ended_at as version_at)
        from (
            select distinct on (lead_n) * from pd_own_leads
            where is_converted order by lead_n, version_at desc
        ) as leads
        join pd_deal_ends on opportunity_n = converted_opportunity_n
    ) as leads
    left join pd_deal_ends on opportunity_n = converted_opportunity_n"""
DEALS = """create temp table pd_deal_log as
    select
        opportunity_n, version_at, created_at, is_deleted, is_closed, is_won, name, amount,
        currency_code, probability, forecast_category, type, lead_source, loss_reason, competitor,
        next_step, campaign_n, pd_user_id(owner_n) as owner_id, pd_org_id(account_n) as org_id,
        pd_person_id(contact_n) as person_id,
        case when is_closed then close_date end as closed_on,
        coalesce(last_value(case when not is_closed then close_date end ignore nulls) over past,
            close_date) as expected_close_date,
        coalesce(last_value(pd_stage(stage) ignore nulls) over past, 1) as stage_id
    from pd_own_opportunities
    window past as (
        partition by opportunity_n order by version_at
        rows between unbounded preceding and current row
    )"""
ACTIVITIES = """create temp view pd_activity_log as
    select
        activity_n, version_at, created_at, is_deleted, type, subject, occurred_at,
        duration_seconds, is_completed, pd_user_id(owner_n) as owner_id,
        pd_org_id(account_n) as org_id, opportunity_n as deal_id, pd_lead_id(lead_n) as lead_id,
        coalesce(pd_person_id(contact_n), pd_lead_person_id(lead_n)) as person_id
    from pd_own_activities"""


def _merges(target: str, log: str, key: str, merged_into: str) -> str:
    """SQL of the merges of a log, those of a survivor that was merged in turn included."""
    return f"""create temp table {target} as
    with recursive direct as (
        select {key} as loser, {merged_into} as winner, min(version_at) as merged_at
        from {log} where is_deleted and {merged_into} is not null group by 1, 2
    ),
    chain as (
        select loser, winner, merged_at from direct
        union
        select chain.loser, direct.winner, greatest(chain.merged_at, direct.merged_at)
        from chain join direct on direct.loser = chain.winner
    )
    select * from chain"""


def _relinked(target: str, log: str, key: str, link: str, merges: str) -> str:
    """SQL of a log whose links follow merges, from the instant of the merge on."""
    return f"""create temp table {target} as
    with periods as (
        select *, lead(version_at) over (partition by {key} order by version_at) as replaced_at
        from {log} semi join {merges} on loser = {link}
    ),
    moved as (
        select periods.* exclude (replaced_at) replace (merges.merged_at as version_at)
        from periods join {merges} as merges
            on merges.loser = {link} and merges.merged_at > version_at
            and (replaced_at is null or merges.merged_at < replaced_at)
        where not is_deleted
    ),
    states as (select * from {log} union all by name select * from moved)
    select states.* replace (coalesce(merges.winner, {link}) as {link})
    from states asof left join {merges} as merges
        on merges.loser = {link} and merges.merged_at <= states.version_at"""


PREPARATIONS = (
    *(f"create temp view {name} as {select}" for name, select in OWN.items()),
    LEAD_OF_CONTACT,
    PERSON_ID,
    PERSONS,
    DEAL_ENDS,
    CONVERSIONS,
    LEADS,
    DEALS,
    ACTIVITIES,
    """create temp view pd_org_log as select pd_org_id(account_n) as record_id,
        pd_org_id(merged_into_n) as merged_into, * from pd_own_accounts""",
    _merges("pd_org_merges", "pd_org_log", "record_id", "merged_into"),
    _merges("pd_person_merges", "pd_person_log", "record_id", "merged_into"),
    _relinked("pd_persons", "pd_person_log", "record_id", "org_id", "pd_org_merges"),
    _relinked("pd_deals_1", "pd_deal_log", "opportunity_n", "org_id", "pd_org_merges"),
    _relinked("pd_deals", "pd_deals_1", "opportunity_n", "person_id", "pd_person_merges"),
    _relinked("pd_activities_1", "pd_activity_log", "activity_n", "org_id", "pd_org_merges"),
    _relinked("pd_activities", "pd_activities_1", "activity_n", "person_id", "pd_person_merges"),
)


def tables(connection: DuckDBPyConnection) -> Iterable[VersionTable]:
    """Version tables of all objects; run while the company's frames are registered."""
    connection.execute(GOOGLE_ADS_ID)
    connection.execute(LEAD_ID)
    connection.execute(ISO_TEXT)
    for name, base in ID_BASES.items():
        connection.execute(f"create or replace macro {name}(number) as {base} + number")
    stages = " ".join(f"when '{name}' then {number}" for name, number in STAGES.items())
    connection.execute(f"create or replace macro pd_stage(name) as case name {stages} end")
    for statement in PREPARATIONS:
        connection.execute(statement)
    return TABLES


TABLES = (
    VersionTable(
        SCHEMA,
        "organizations",
        """select record_id as id, name, pd_user_id(owner_n) as owner_id, country,
            cast(created_at as timestamp) as add_time, is_deleted,
            industry as c_industry, segment as c_segment,
            cast(employees as double) as c_employees, annual_revenue as c_annual_revenue,
            region_name as c_region, domain as c_website,
            ['Basic', 'Standard', 'Premier'][1 + (account_n * 7919) % 3] as c_support_plan,
            cast(record_id as varchar) as _key, cast(version_at as timestamp) as _from
            from pd_org_log""",
    ),
    VersionTable(
        SCHEMA,
        "persons",
        """select record_id as id, first_name, last_name, email, phone, title as job_title, org_id,
            owner_id, cast(created_at as timestamp) as add_time, is_deleted,
            ['Português', 'Español', 'English'][1 + (record_id * 31) % 3] as c_preferred_language,
            cast(record_id as varchar) as _key, cast(version_at as timestamp) as _from
            from pd_persons""",
    ),
    VersionTable(
        SCHEMA,
        "deals",
        f"""select deals.opportunity_n as id, name as title, owner_id, org_id, person_id, stage_id,
            {PIPELINE} as pipeline_id, amount as value, currency_code as currency,
            cast(round(probability * 100) as integer) as probability,
            case when is_deleted then 'deleted' when is_won then 'won' when is_closed then 'lost'
                else 'open' end as status,
            is_won, is_closed, loss_reason as lost_reason, expected_close_date, closed_on,
            lead_source as channel, google_ads_id(campaign_n) as channel_id,
            cast(deals.created_at as timestamp) as add_time, is_deleted,
            coalesce(is_closed and not is_won and deals.opportunity_n % 17 = 0, false)
                as is_archived,
            pd_lead_id(lead_n) as source_lead_id, type as c_opportunity_type,
            forecast_category as c_forecast_category, competitor as c_competitor,
            next_step as c_next_step,
            ['Self-service', 'Partner'][1 + (deals.opportunity_n * 104729) % 2]
                as c_implementation,
            case when lead_n is not null then 'Converted' end as c_lead_status,
            pd_iso(conversions.created_at) as c_lead_created_at,
            pd_iso(converted_at) as c_lead_converted_at, company as c_company,
            industry as c_industry, cast(employees as double) as c_employees,
            country as c_country, region_name as c_region,
            cast(deals.opportunity_n as varchar) as _key, cast(version_at as timestamp) as _from
            from pd_deals as deals left join pd_conversions as conversions using (opportunity_n)""",
    ),
    VersionTable(
        SCHEMA,
        "leads",
        """select pd_lead_id(lead_n) as id, first_name || ' ' || last_name || ' lead' as title,
            pd_user_id(owner_n) as owner_id, pd_lead_person_id(lead_n) as person_id,
            lead_source as channel, google_ads_id(campaign_n) as channel_id,
            is_restored or status = 'Disqualified' as is_archived,
            is_deleted or (is_converted and not is_restored) as is_deleted,
            cast(created_at as timestamp) as add_time, status as c_lead_status,
            pd_iso(created_at) as c_lead_created_at, pd_iso(converted_at) as c_lead_converted_at,
            company as c_company, industry as c_industry,
            cast(employees as double) as c_employees, country as c_country,
            region_name as c_region,
            pd_lead_id(lead_n) as _key, cast(version_at as timestamp) as _from
            from pd_lead_log""",
    ),
    VersionTable(
        SCHEMA,
        "activities",
        """select activity_n as id, subject, case when type = 'note' then 'task' else type end
            as type, owner_id, deal_id, lead_id, person_id, org_id,
            cast(occurred_at as timestamp) as due_at, duration_seconds, is_completed as done,
            case when is_completed then cast(version_at as timestamp) end as marked_as_done_time,
            cast(created_at as timestamp) as add_time, is_deleted,
            cast(activity_n as varchar) as _key, cast(version_at as timestamp) as _from
            from pd_activities""",
    ),
    VersionTable(
        SCHEMA,
        "products",
        """select product_n as id, name, code, family as category, list_price,
            timestamp '2020-01-01' as add_time, cast(product_n as varchar) as _key,
            timestamp '2020-01-01' as _from from products""",
    ),
    VersionTable(
        SCHEMA,
        "deal_products",
        """select line_item_n as id, opportunity_n as deal_id, product_n as product_id,
            products.name, cast(quantity as double) as quantity, unit_price as item_price,
            currency_code as currency, cast(created_at as timestamp) as add_time, is_deleted,
            dense_rank() over (partition by opportunity_n order by line_item_n) as order_nr,
            cast(line_item_n as varchar) as _key, cast(version_at as timestamp) as _from
            from pd_own_line_items left join products using (product_n)""",
    ),
    VersionTable(
        SCHEMA,
        "users",
        """select pd_user_id(user_n) as id, first_name || ' ' || last_name as name,
            lower(email) as email, role, team_name, region_name, is_active,
            min(version_at) over (partition by user_n) as created,
            cast(user_n as varchar) as _key, cast(version_at as timestamp) as _from
            from users where crm = 'pipedrive'""",
    ),
    VersionTable(
        SCHEMA,
        "goals",
        """select md5('pipedrive goal ' || quota_n) as id, pd_user_id(quotas.user_n) as user_id,
            month, amount, quotas.currency_code as currency,
            cast(quota_n as varchar) as _key, cast(quotas.version_at as timestamp) as _from
            from quotas semi join (select user_n from users where crm = 'pipedrive') as own
                on own.user_n = quotas.user_n""",
    ),
    VersionTable(
        SCHEMA,
        "currencies",
        """select row_number() over (order by code) as id, code, code as _key,
            timestamp '2000-01-01' as _from
            from (select distinct currency_code as code from exchange_rates)""",
    ),
)

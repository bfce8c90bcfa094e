"""Dataverse's sales tables over the company's frames: who sells, to whom, what and how it goes."""

from ingestion.sandbox.company.words import INDUSTRIES
from ingestion.sandbox.store import ALWAYS
from ingestion.sandbox.vendors.dynamics.columns import (
    Column,
    Table,
    choice,
    coded,
    columns,
    lookup,
)

SEGMENTS = ("SMB", "Mid-Market", "Enterprise")
LEAD_SOURCES = (
    "Google Ads", "Website", "Content Download", "Webinar", "Cold Outreach", "Trade Show",
    "Referral", "Partner", "Customer", "Web",
)  # fmt: skip
LEAD_STATUS = {
    1: "New", 2: "Contacted", 3: "Qualified", 5: "Cannot Contact", 100000000: "Nurturing",
    100000001: "Sales Ready",
}  # fmt: skip
LOSS_REASONS = {
    4: "No decision", 5: "Competitor", 100000000: "Price", 100000001: "Missing feature",
    100000002: "No response", 100000003: "Lost budget", 100000004: "Timing",
}  # fmt: skip
OPPORTUNITY_STATUS = {1: "In Progress", 3: "Won", **LOSS_REASONS}
FORECAST = {
    100000001: "Pipeline", 100000002: "Best Case", 100000003: "Committed", 100000004: "Omitted",
    100000005: "Won", 100000006: "Lost",
}  # fmt: skip
ACTIVE = {0: "Active", 1: "Inactive"}
OPPORTUNITY_STATES = {0: "Open", 1: "Won", 2: "Lost"}
OPEN_STAGES = ("Qualification", "Discovery", "Proposal", "Negotiation")
STAGE_CATEGORIES = {0: "Qualify", 1: "Develop", 2: "Propose", 3: "Close"}
ROOT = "'Meridia Cloud'"


def own(table: str) -> str:
    return f"(select * from {table} where crm = 'dynamics')"


def with_creation(table: str, number: str) -> str:
    return f"(select *, min(version_at) over (partition by {number}) as created_at from {table})"


def owner(number: str = "owner_n") -> tuple[Column, ...]:
    """Owned by a user. (Records may be owned by teams, too: none are here.)"""
    return (
        lookup("ownerid", "systemuser", number, label=f"dyn_user({number})", kind="Owner"),
        lookup("owninguser", "systemuser", number),
    )


def currency(code: str = "currency_code") -> Column:
    return lookup("transactioncurrencyid", "transactioncurrency", code, label=code)


def states(expression: str, options: dict[int, str]) -> Column:
    return coded("statecode", expression, options, "State")


# A merged record is not deleted: it is inactive and names its master.
GONE = "is_deleted and merged_into_n is null"
INACTIVE = states("cast(is_deleted as bigint)", ACTIVE)


def merged(target: str) -> tuple[Column, ...]:
    return (
        lookup("masterid", target, "merged_into_n"),
        *columns("Boolean", merged="merged_into_n is not null"),
    )


ACCOUNT = Table(
    "account", "accounts", "accountid", "dyn_id('account', account_n)", own("accounts"),
    (
        *columns(
            "String", name="name", address1_country="country",
            websiteurl="'https://www.' || domain",
            new_supportplan="['Basic', 'Standard', 'Premier'][1 + (account_n * 7919) % 3]",
        ),
        choice("industrycode", "industry", *INDUSTRIES),
        choice("new_segment", "segment", *SEGMENTS, first=100000000),
        *columns("Integer", numberofemployees="employees"),
        *columns("Money", revenue="annual_revenue"),
        lookup("territoryid", "territory", "region_name", label="region_name"),
        *owner(), *merged("account"), INACTIVE,
    ),
    is_gone=GONE, is_tracked=True,
)  # fmt: skip
CONTACT = Table(
    "contact", "contacts", "contactid", "dyn_id('contact', contact_n)", own("contacts"),
    (
        *columns(
            "String", firstname="first_name", lastname="last_name",
            fullname="concat_ws(' ', first_name, last_name)", emailaddress1="email",
            telephone1="phone", jobtitle="title",
        ),
        Column(
            "parentcustomerid", "Customer", "dyn_id('account', account_n)",
            target="if(account_n is null, null, 'account')",
        ),
        *merged("contact"), INACTIVE,
    ),
    is_gone=GONE, is_tracked=True,
)  # fmt: skip
LEAD = Table(
    "lead", "leads", "leadid", "dyn_id('lead', lead_n)", own("leads"),
    (
        *columns(
            "String", firstname="first_name", lastname="last_name",
            fullname="concat_ws(' ', first_name, last_name)", emailaddress1="email",
            companyname="company", jobtitle="title", address1_country="country",
        ),
        choice("industrycode", "industry", *INDUSTRIES),
        choice("leadsourcecode", "lead_source", *LEAD_SOURCES),
        *columns("Integer", numberofemployees="employees"),
        lookup("new_territoryid", "territory", "region_name", label="region_name"),
        states(
            "case when is_converted then 1 when status = 'Disqualified' then 2 else 0 end",
            {0: "Open", 1: "Qualified", 2: "Disqualified"},
        ),
        coded(
            "statuscode",
            "case when is_converted then 3 else case status when 'New' then 1 when 'Working' then 2"
            " when 'Nurturing' then 100000000 when 'Qualified' then 100000001 else 5 end end",
            LEAD_STATUS, "Status",
        ),
        *columns("DateTime", new_qualifiedon="converted_at"),
        lookup("parentaccountid", "account", "converted_account_n"),
        lookup("parentcontactid", "contact", "converted_contact_n"),
        lookup("qualifyingopportunityid", "opportunity", "converted_opportunity_n"),
        lookup("campaignid", "campaign", "campaign_n"),
        *owner(), *merged("lead"),
    ),
    is_gone=GONE, is_tracked=True,
)  # fmt: skip
STATE = "case when is_won then 1 when is_closed then 2 else 0 end"
_REASONS = " ".join(f"when '{label}' then {number}" for number, label in LOSS_REASONS.items())
STATUS = f"case {STATE} when 0 then 1 when 1 then 3 else case loss_reason {_REASONS} else 4 end end"
FORECAST_CODE = (
    f"case {STATE} when 1 then 100000005 when 2 then 100000006 else case forecast_category "
    "when 'Pipeline' then 100000001 when 'Best Case' then 100000002 when 'Commit' then 100000003 "
    "else 100000004 end end"
)
PERCENT = "cast(round(probability * 100) as bigint)"
OPEN_STAGE = (
    "coalesce(last_value(if(stage like 'Closed%', null, stage) ignore nulls) over "
    "(partition by opportunity_n order by version_at), 'Qualification')"
)
OPPORTUNITIES = f"""(
    select deals.*, rates.units_per_usd
    from (select *, {OPEN_STAGE} as open_stage from {own("opportunities")}) as deals
    asof left join exchange_rates as rates
        on deals.currency_code = rates.currency_code
        and cast(deals.version_at as date) >= rates.start_date
)"""
OPPORTUNITY = Table(
    "opportunity", "opportunities", "opportunityid", "dyn_id('opportunity', opportunity_n)",
    OPPORTUNITIES,
    (
        *columns(
            "String", name="name", new_nextstep="next_step", new_competitorname="competitor",
            stepname="open_stage",
            new_implementation="['Self-service', 'Partner'][1 + (opportunity_n * 104729) % 2]",
        ),
        choice("new_type", "type", "New Business", "Expansion", "Renewal", first=100000000),
        choice("new_leadsource", "lead_source", *LEAD_SOURCES),
        lookup("parentaccountid", "account", "account_n"),
        lookup("parentcontactid", "contact", "contact_n"),
        Column(
            "customerid", "Customer",
            "coalesce(dyn_id('account', account_n), dyn_id('contact', contact_n))",
            target="if(account_n is null, 'contact', 'account')",
        ),
        lookup("campaignid", "campaign", "campaign_n"),
        lookup("new_productid", "product", "product_n"),
        *owner(), currency(),
        *columns("Decimal", exchangerate="units_per_usd"),
        *columns(
            "Money", estimatedvalue="amount",
            estimatedvalue_base="round(amount / units_per_usd, 4)",
            actualvalue="case when is_won then amount when is_closed then 0 end",
        ),
        *columns("Integer", closeprobability=PERCENT),
        *columns(
            "DateOnly", estimatedclosedate="close_date",
            actualclosedate="if(is_closed, close_date, null)",
        ),
        states(STATE, OPPORTUNITY_STATES),
        coded("statuscode", STATUS, OPPORTUNITY_STATUS, "Status"),
        coded("msdyn_forecastcategory", FORECAST_CODE, FORECAST),
    ),
    is_gone="is_deleted", is_tracked=True,
)  # fmt: skip
CLOSINGS = """(
    select *, row_number() over (partition by opportunity_n order by version_at) as closing
    from (
        select *, is_closed and not coalesce(
            lag(is_closed) over (partition by opportunity_n order by version_at), false
        ) as closes
        from opportunities where crm = 'dynamics' and not is_deleted
    )
    where closes
)"""
OPPORTUNITY_CLOSE = Table(
    "opportunityclose", "opportunitycloses", "activityid",
    "dyn_id('opportunityclose', opportunity_n * 1000 + closing)", CLOSINGS,
    (
        *columns("String", subject=f"if({STATE} = 1, 'Won: ', 'Lost: ') || name"),
        lookup("opportunityid", "opportunity", "opportunity_n"),
        *columns("Money", actualrevenue="if(is_won, amount, 0)"),
        *columns("DateTime", actualend="version_at"),
        coded("opportunitystatecode", STATE, OPPORTUNITY_STATES),
        coded("opportunitystatuscode", STATUS, OPPORTUNITY_STATUS),
        *owner(), currency(),
        states("1", {0: "Open", 1: "Completed", 2: "Canceled"}),
    ),
    created_at="version_at", is_log=True,
)  # fmt: skip
PROCESSES = f"""(
    select *, max(if(is_entry, version_at, null)) over (
        partition by opportunity_n order by version_at
    ) as entered_at
    from (
        select *,
            open_stage is distinct from lag(open_stage) over history as is_entry,
            (open_stage, is_closed, is_deleted) is distinct from
                lag((open_stage, is_closed, is_deleted)) over history as is_change
        from {OPPORTUNITIES}
        window history as (partition by opportunity_n order by version_at)
    )
    where is_change
)"""
OPPORTUNITY_PROCESS = Table(
    "opportunitysalesprocess", "opportunitysalesprocesses", "businessprocessflowinstanceid",
    "dyn_id('opportunitysalesprocess', opportunity_n)", PROCESSES,
    (
        *columns("String", name="name"),
        lookup("opportunityid", "opportunity", "opportunity_n"),
        lookup("activestageid", "processstage", "open_stage", label="open_stage"),
        lookup("processid", "workflow", "1"),
        *columns("DateTime", activestagestartedon="entered_at",
                 completedon="if(is_closed, version_at, null)"),
        states("cast(is_closed as bigint)", ACTIVE),
        coded("statuscode", "if(is_closed, 2, 1)", {1: "Active", 2: "Finished", 3: "Aborted"},
              "Status"),
    ),
    is_gone="is_deleted",
)  # fmt: skip
_STAGES = ", ".join(f"('{stage}', {place})" for place, stage in enumerate(OPEN_STAGES))
PROCESS_STAGE = Table(
    "processstage", "processstages", "processstageid", "dyn_id('processstage', stage)",
    f"(values {_STAGES}) as stages (stage, place)",
    (
        *columns("String", stagename="stage"),
        coded("stagecategory", "place", STAGE_CATEGORIES),
        lookup("processid", "workflow", "1"),
        *columns("EntityName", primaryentitytypecode="'opportunity'"),
    ),
    version_at=ALWAYS, has_dates=False,
)  # fmt: skip
OPPORTUNITY_PRODUCT = Table(
    "opportunityproduct", "opportunityproducts", "opportunityproductid",
    "dyn_id('opportunityproduct', line_item_n)", own("line_items"),
    (
        lookup("opportunityid", "opportunity", "opportunity_n"),
        lookup("productid", "product", "product_n", label="dyn_product(product_n)"),
        *columns("Decimal", quantity="quantity"),
        *columns(
            "Money", priceperunit="unit_price", extendedamount="round(quantity * unit_price, 2)",
        ),
        currency(),
    ),
    is_gone="is_deleted", is_tracked=True,
)  # fmt: skip
PRODUCT = Table(
    "product", "products", "productid",
    "if(product_n is null, dyn_id('productfamily', family), dyn_id('product', product_n))",
    "(select product_n, name, code, list_price, family, family as parent from products union all "
    "select distinct null, family, null, null, family, null from products)",
    (
        *columns("String", name="name", productnumber="code"),
        Column("parentproductid", "Lookup", "dyn_id('productfamily', parent)", target="product",
               label="parent"),
        *columns("Money", price="list_price"),
        coded("productstructure", "if(product_n is null, 2, 1)",
              {1: "Product", 2: "Product Family", 3: "Product Bundle"}),
        states("0", {0: "Active", 1: "Retired", 2: "Draft", 3: "Under Revision"}),
    ),
    version_at=ALWAYS, created_at=ALWAYS, is_tracked=True,
)  # fmt: skip
# Whoever has no team belongs to the region's unit.
UNIT = "coalesce(team_name, region_name)"
USER = Table(
    "systemuser", "systemusers", "systemuserid", "dyn_id('systemuser', user_n)",
    with_creation(
        "(select own.*, bosses.user_n as boss_n from " + own("users") + " as own left join "
        "(select distinct user_n from users where crm = 'dynamics') as bosses "
        "on own.manager_n = bosses.user_n)",
        "user_n",
    ),
    (
        *columns(
            "String", domainname="email", firstname="first_name", lastname="last_name",
            fullname="concat_ws(' ', first_name, last_name)", internalemailaddress="email",
            title="if(role = 'Rep', 'Account Executive', role)",
        ),
        choice("new_salesrole", "role", "Rep", "Manager", "VP", "CRO", first=100000000),
        lookup("parentsystemuserid", "systemuser", "boss_n"),
        lookup("businessunitid", "businessunit", UNIT, label=UNIT),
        lookup("territoryid", "territory", "region_name", label="region_name"),
        *columns("Boolean", isdisabled="not is_active"),
        *columns("DateOnly", new_hiredate="hired_on"),
    ),
    is_tracked=True,
)  # fmt: skip
BUSINESS_UNIT = Table(
    "businessunit", "businessunits", "businessunitid", "dyn_id('businessunit', name)",
    f"(select {UNIT} as name, if(any_value(team_name) is null, {ROOT}, any_value(region_name)) as "
    f"parent, min(version_at) as version_at from {own('users')} group by {UNIT} "
    f"union all select {ROOT}, null, {ALWAYS})",
    (
        *columns("String", name="name"),
        lookup("parentbusinessunitid", "businessunit", "parent", label="parent"),
        *columns("Boolean", isdisabled="false"),
    ),
    created_at="version_at",
)  # fmt: skip
TEAM = Table(
    "team", "teams", "teamid", "dyn_id('team', name)",
    f"(select {UNIT} as name, min(version_at) as version_at from {own('users')} group by 1)",
    (
        *columns("String", name="name"),
        lookup("businessunitid", "businessunit", "name", label="name"),
        coded("teamtype", "0", {0: "Owner", 1: "Access"}),
        *columns("Boolean", isdefault="true"),
    ),
    created_at="version_at",
)  # fmt: skip
TERRITORY = Table(
    "territory", "territories", "territoryid", "dyn_id('territory', region_name)",
    "(select region_name, min(version_at) as version_at, "
    f"min(if(role = 'VP', user_n, null)) as head_n from {own('users')} group by region_name)",
    (
        *columns("String", name="region_name"),
        lookup("managerid", "systemuser", "head_n"),
    ),
    created_at="version_at",
)  # fmt: skip
GOAL = Table(
    "goal", "goals", "goalid", "dyn_id('goal', quota_n)",
    with_creation(
        f"(select * from quotas semi join {own('users')} as own on own.user_n = quotas.user_n)",
        "quota_n",
    ),
    (
        *columns("String", title="'Quota ' || strftime(month, '%Y-%m')"),
        lookup("goalownerid", "systemuser", "user_n", label="dyn_user(user_n)"),
        *columns("Money", targetmoney="amount"),
        *columns(
            "DateTime", goalstartdate="month",
            goalenddate="cast(month + interval 1 month as timestamp) - interval 1 second",
        ),
        currency(),
        states("0", {0: "Open", 1: "Closed"}),
    ),
)  # fmt: skip
CURRENCY = Table(
    "transactioncurrency", "transactioncurrencies", "transactioncurrencyid",
    "dyn_id('transactioncurrency', currency_code)", "exchange_rates",
    (
        *columns("String", isocurrencycode="currency_code", currencyname="currency_code"),
        *columns("Decimal", exchangerate="units_per_usd"),
        states("0", ACTIVE),
    ),
    version_at="start_date", created_at=ALWAYS,
)  # fmt: skip
CAMPAIGN = Table(
    "campaign", "campaigns", "campaignid", "dyn_id('campaign', campaign_n)",
    with_creation("campaigns", "campaign_n"),
    (
        *columns("String", name="name", new_googleadscampaignid="google_ads_id(campaign_n)"),
        *columns("Money", budgetedcost="budget"),
        *columns("DateTime", actualstart="start_date", actualend="end_date"),
        coded("typecode", "4", {1: "Advertisement", 4: "Co-branding", 5: "Other"}),
        states("if(status = 'Enabled', 0, 1)", ACTIVE),
    ),
    is_tracked=True,
)  # fmt: skip
TABLES = (
    ACCOUNT, CONTACT, LEAD, OPPORTUNITY, OPPORTUNITY_CLOSE, OPPORTUNITY_PROCESS, PROCESS_STAGE,
    OPPORTUNITY_PRODUCT, PRODUCT, USER, BUSINESS_UNIT, TEAM, TERRITORY, GOAL, CURRENCY, CAMPAIGN,
)  # fmt: skip

"""Salesforce objects of the company: fields, types, and the SQL that makes them from its logs."""

import zlib
from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from ingestion.sandbox.store import ALWAYS, VersionTable
from ingestion.sandbox.vendors.google_ads.campaigns import GOOGLE_ADS_ID
from ingestion.sandbox.vendors.salesforce import ids
from ingestion.sandbox.vendors.salesforce.deal_parts import DEAL_PARTS
from ingestion.sandbox.vendors.salesforce.forecasts import FORECASTS
from ingestion.sandbox.vendors.salesforce.prices import BOOK_OF_DEAL, PRICES, entry_number
from ingestion.sandbox.vendors.salesforce.sobject import (
    SObject,
    changes,
    choice,
    either,
    fields,
    own,
    references,
    with_creation,
)
from ingestion.sandbox.vendors.salesforce.territories import TERRITORIES

ACCOUNT = SObject(
    "Account", "001", own("accounts"), "account_n",
    references(MasterRecordId=("001", "merged_into_n"), OwnerId=("005", "owner_n"))
    + fields("string", Name="name", BillingCountry="country", Region__c="region_name")
    + fields("url", Website="'https://www.' || domain")
    + fields("picklist", Industry="industry", Segment__c="segment", Type="'Customer'")
    + fields("int", NumberOfEmployees="employees")
    + fields("currency", AnnualRevenue="annual_revenue")
    + (choice("Support_Plan__c", "account_n * 7919", "Basic", "Standard", "Premier"),)
    + fields("double", Health_Score__c="40 + (account_n * 7919) % 120 / 2")
    + fields("boolean", Is_Strategic__c="segment = 'Enterprise'")
    + fields("date", Contract_End__c="date '2027-01-31' + cast(account_n * 31 % 365 as integer)"),
)  # fmt: skip
CONTACT = SObject(
    "Contact", "003", own("contacts"), "contact_n",
    references(MasterRecordId=("003", "merged_into_n"), AccountId=("001", "account_n"))
    + fields("string", FirstName="first_name", LastName="last_name", Title="title")
    + fields("email", Email="email")
    + fields("phone", Phone="phone")
    + fields("boolean", Is_Champion__c="contact_n % 7 = 0"),
)  # fmt: skip
LEAD = SObject(
    "Lead", "00Q", own("leads"), "lead_n",
    references(
        MasterRecordId=("00Q", "merged_into_n"),
        OwnerId=("005", "owner_n"),
        ConvertedAccountId=("001", "converted_account_n"),
        ConvertedContactId=("003", "converted_contact_n"),
        ConvertedOpportunityId=("006", "converted_opportunity_n"),
        Campaign__c=("701", "campaign_n"),
    )
    + fields(
        "string", FirstName="first_name", LastName="last_name", Company="company", Title="title",
        Country="country", Region__c="region_name",
    )
    + fields("email", Email="email")
    + fields("picklist", Industry="industry", LeadSource="lead_source", Status="status")
    + fields("int", NumberOfEmployees="employees")
    + fields("boolean", IsConverted="is_converted")
    + fields("date", ConvertedDate="converted_at")
    + fields("datetime", Converted_At__c="converted_at"),
)  # fmt: skip
OPPORTUNITY = SObject(
    "Opportunity", "006", own("opportunities"), "opportunity_n",
    references(
        AccountId=("001", "account_n"),
        OwnerId=("005", "owner_n"),
        CampaignId=("701", "campaign_n"),
        ContactId=("003", "contact_n"),
        Pricebook2Id=("01s", BOOK_OF_DEAL),
        Product__c=("01t", "product_n"),
    )
    + fields("string", Name="name", NextStep="next_step", Competitor__c="competitor")
    + fields(
        "picklist", Type="type", StageName="stage", CurrencyIsoCode="currency_code",
        ForecastCategoryName="forecast_category", LeadSource="lead_source",
        Loss_Reason__c="loss_reason",
    )
    + (choice("Implementation__c", "opportunity_n * 104729", "Self-service", "Partner"),)
    + fields("currency", Amount="amount")
    + fields("percent", Probability="round(probability * 100, 2)")
    + fields("date", CloseDate="close_date")
    + fields("boolean", IsClosed="is_closed", IsWon="is_won"),
)  # fmt: skip
HISTORY_SOURCE = f"""(
    select *, row_number() over (partition by opportunity_n order by version_at) as entry
    from {
    changes(
        f"{own('opportunities')} where not is_deleted",
        "opportunity_n",
        "stage",
        "amount",
        "probability",
        "close_date",
    )
}
)"""
OPPORTUNITY_HISTORY = SObject(
    "OpportunityHistory", "008", HISTORY_SOURCE, "opportunity_n * 1000 + entry",
    references(OpportunityId=("006", "opportunity_n"), CreatedById=("005", "owner_n"))
    + fields(
        "picklist", StageName="stage", CurrencyIsoCode="currency_code",
        ForecastCategory="forecast_category",
    )
    + fields("currency", Amount="amount")
    + fields("percent", Probability="round(probability * 100, 2)")
    + fields("date", CloseDate="close_date"),
    created_at="version_at",
    is_deleted="false",
    is_log=True,
    stamps=("CreatedDate", "SystemModstamp"),
)  # fmt: skip
LINE_ITEM = SObject(
    "OpportunityLineItem", "00k", own("line_items"), "line_item_n",
    references(
        OpportunityId=("006", "opportunity_n"),
        Product2Id=("01t", "product_n"),
        PricebookEntryId=("01u", entry_number("product_n", BOOK_OF_DEAL, "currency_code")),
    )
    + fields("double", Quantity="quantity")
    + fields("currency", UnitPrice="unit_price", TotalPrice="round(quantity * unit_price, 2)")
    + fields("picklist", CurrencyIsoCode="currency_code"),
)  # fmt: skip
ACTIVITY_LINKS = (
    either("WhoId", ("003", "contact_n"), ("00Q", "lead_n")),
    either("WhatId", ("006", "opportunity_n"), ("001", "account_n")),
    *references(AccountId=("001", "account_n"), OwnerId=("005", "owner_n")),
)
TASK = SObject(
    "Task", "00T", f"{own('activities')} where type <> 'meeting'", "activity_n",
    ACTIVITY_LINKS
    + fields("combobox", Subject="subject")
    + fields("string", CallDisposition="if(type = 'call', outcome, null)")
    + fields(
        "picklist",
        Type="case type when 'call' then 'Call' when 'email' then 'Email' else 'Other' end",
        TaskSubtype="case type when 'call' then 'Call' when 'email' then 'Email' else 'Task' end",
        Status="if(is_completed, 'Completed', 'Not Started')",
        Direction__c="direction",
    )
    + fields("boolean", IsClosed="is_completed")
    + fields("date", ActivityDate="occurred_at")
    + fields("datetime", CompletedDateTime="if(is_completed, occurred_at, null)")
    + fields("int", CallDurationInSeconds="if(type = 'call', duration_seconds, null)"),
)  # fmt: skip
EVENT = SObject(
    "Event", "00U", f"{own('activities')} where type = 'meeting'", "activity_n",
    ACTIVITY_LINKS
    + fields("combobox", Subject="subject")
    + fields(
        "datetime",
        StartDateTime="occurred_at",
        EndDateTime="occurred_at + to_seconds(coalesce(duration_seconds, 0))",
    )
    + fields("int", DurationInMinutes="coalesce(duration_seconds, 0) // 60")
    + fields("picklist", EventSubtype="'Event'"),
)  # fmt: skip
ROLE_NAME = """case role
    when 'CRO' then 'Chief Revenue Officer'
    when 'VP' then 'VP Sales, ' || coalesce(region_name, 'Global')
    when 'Manager' then 'Sales Manager, ' || coalesce(team_name, region_name, 'Global')
    else 'Sales Rep, ' || coalesce(team_name, region_name, 'Global') end"""
PARENT_ROLE_NAME = """case role
    when 'CRO' then null
    when 'VP' then 'Chief Revenue Officer'
    when 'Manager' then 'VP Sales, ' || coalesce(region_name, 'Global')
    else 'Sales Manager, ' || coalesce(team_name, region_name, 'Global') end"""
USER = SObject(
    "User", "005", with_creation(own("users"), "user_n"), "user_n",
    references(ManagerId=("005", "manager_n"), UserRoleId=("00E", f"sf_role_n({ROLE_NAME})"))
    + fields(
        "string", Username="lower(email)", FirstName="first_name", LastName="last_name",
        Team__c="team_name", Region__c="region_name",
    )
    + fields("email", Email="email")
    + fields("picklist", Sales_Role__c="role")
    + fields("boolean", IsActive="is_active")
    + fields("date", Hire_Date__c="hired_on"),
    shows_deleted=False,
)  # fmt: skip
USER_ROLE = SObject(
    "UserRole", "00E",
    f"""(
        select {ROLE_NAME} as name, any_value({PARENT_ROLE_NAME}) as parent,
            min(version_at) as version_at
        from {own("users")} group by 1
    )""",
    "sf_role_n(name)",
    fields("string", Name="name")
    + references(ParentRoleId=("00E", "sf_role_n(parent)")),
    created_at="version_at",
    is_deleted="false",
    shows_deleted=False,
    stamps=("LastModifiedDate", "SystemModstamp"),
)  # fmt: skip
PRODUCT = SObject(
    "Product2", "01t", "products", "product_n",
    fields("string", Name="name", ProductCode="code")
    + fields("picklist", Family="family")
    + fields("boolean", IsActive="true")
    + fields("currency", List_Price__c="list_price"),
    version_at=ALWAYS,
    created_at=ALWAYS,
    is_deleted="false",
)  # fmt: skip
CAMPAIGN = SObject(
    "Campaign", "701", with_creation("campaigns", "campaign_n"), "campaign_n",
    fields("string", Name="name", Google_Ads_Campaign_Id__c="google_ads_id(campaign_n)")
    + fields("picklist", Type="channel", Status="status")
    + fields("date", StartDate="start_date", EndDate="end_date")
    + fields(
        "currency",
        BudgetedCost="budget",
        ActualCost="campaign_cost_until(campaign_n, version_at)",
    ),
)  # fmt: skip
CAMPAIGN_MEMBER = SObject(
    "CampaignMember", "00v",
    with_creation(
        "(select * from campaign_members semi join "
        f"{own('leads')} as own on own.lead_n = campaign_members.lead_n)",
        "member_n",
    ),
    "member_n",
    references(
        CampaignId=("701", "campaign_n"), LeadId=("00Q", "lead_n"),
        ContactId=("003", "cast(null as bigint)"),
    )
    + fields("picklist", Status="status")
    + fields("date", FirstRespondedDate="responded_on"),
)  # fmt: skip
EXCHANGE_RATE = SObject(
    "DatedConversionRate", "04w", "exchange_rates",
    "sf_role_n(currency_code) * 2000 + date_diff('month', date '2000-01-01', start_date)",
    fields("picklist", IsoCode="currency_code")
    + fields("date", StartDate="start_date", NextStartDate="next_start_date")
    + fields("double", ConversionRate="units_per_usd"),
    version_at="start_date",
    created_at="start_date",
    is_deleted="false",
    shows_deleted=False,
)  # fmt: skip
STAGE_ROWS = """(values
    ('Qualification', 1, 10, 'Pipeline', false, false),
    ('Discovery', 2, 25, 'Pipeline', false, false),
    ('Proposal', 3, 50, 'Best Case', false, false),
    ('Negotiation', 4, 75, 'Commit', false, false),
    ('Closed Won', 5, 100, 'Closed', true, true),
    ('Closed Lost', 6, 0, 'Omitted', true, false)
) as stages (label, position, chance, category, closed, won)"""
STAGE = SObject(
    "OpportunityStage", "01J", STAGE_ROWS, "position",
    fields("string", MasterLabel="label", ApiName="label")
    + fields("int", SortOrder="position")
    + fields("percent", DefaultProbability="chance")
    + fields("picklist", ForecastCategoryName="category")
    + fields("boolean", IsClosed="closed", IsWon="won", IsActive="true"),
    version_at=ALWAYS,
    created_at=ALWAYS,
    is_deleted="false",
    shows_deleted=False,
)  # fmt: skip

OBJECTS: dict[str, SObject] = {
    sobject.name: sobject
    for sobject in (
        ACCOUNT, CONTACT, LEAD, OPPORTUNITY, OPPORTUNITY_HISTORY, LINE_ITEM, TASK, EVENT, USER,
        USER_ROLE, PRODUCT, CAMPAIGN, CAMPAIGN_MEMBER, EXCHANGE_RATE, STAGE, *DEAL_PARTS, *PRICES,
        *TERRITORIES, *FORECASTS,
    )
}  # fmt: skip


def find(name: str) -> SObject | None:
    """Object by API name, in any case."""
    wanted = name.lower()
    return next((item for item in OBJECTS.values() if item.name.lower() == wanted), None)


CAMPAIGN_COST = """create macro campaign_cost_until(number, instant) as (
    select sum(cost) from (
        select arg_max(cost, version_at) as cost from campaign_daily
        where campaign_n = number and version_at <= instant group by date
    )
)"""


def _stable_number(text: str) -> int:
    return zlib.crc32(text.encode("utf-8"))


def tables(connection: DuckDBPyConnection) -> Iterable[VersionTable]:
    """Version tables of all objects; run while the company's frames are registered."""
    ids.register(connection)
    connection.execute(GOOGLE_ADS_ID)
    connection.execute(CAMPAIGN_COST)
    connection.create_function("sf_role_n", _stable_number, ["varchar"], "bigint")
    return [sobject.table for sobject in OBJECTS.values()]

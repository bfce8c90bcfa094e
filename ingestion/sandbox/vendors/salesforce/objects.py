"""Salesforce objects of the company: fields, types, and the SQL that makes them from its logs."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from ingestion.sandbox.store import ALWAYS, VersionTable
from ingestion.sandbox.vendors.google_ads.campaigns import GOOGLE_ADS_ID
from ingestion.sandbox.vendors.salesforce import ids

SCHEMA = "salesforce"
SQL_TYPES = {
    "id": "varchar",
    "reference": "varchar",
    "string": "varchar",
    "email": "varchar",
    "phone": "varchar",
    "url": "varchar",
    "picklist": "varchar",
    "date": "date",
    "datetime": "timestamp",
    "currency": "double",
    "double": "double",
    "percent": "double",
    "int": "bigint",
    "boolean": "boolean",
}


@dataclass(frozen=True)
class Field:
    """A field: Salesforce's name and type, and the SQL expression of its value."""

    name: str
    kind: str
    value: str

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")


@dataclass(frozen=True)
class SObject:
    """An object. `number` is the company's number of a record, `version_at` its version's time."""

    name: str
    prefix: str
    source: str
    number: str
    own_fields: tuple[Field, ...]
    version_at: str = "version_at"
    created_at: str = "created_at"
    is_deleted: str = "is_deleted"
    is_log: bool = False

    @property
    def fields(self) -> tuple[Field, ...]:
        stamp = f"cast({self.version_at} as timestamp)"
        return (
            Field("Id", "id", f"sf_id('{self.prefix}', {self.number})"),
            Field("IsDeleted", "boolean", self.is_deleted),
            *self.own_fields,
            Field("CreatedDate", "datetime", f"cast({self.created_at} as timestamp)"),
            Field("LastModifiedDate", "datetime", stamp),
            Field("SystemModstamp", "datetime", stamp),
        )

    @property
    def table(self) -> VersionTable:
        columns = ", ".join(
            f'cast({field.value} as {SQL_TYPES[field.kind]}) as "{field.name}"'
            for field in self.fields
        )
        select = (
            f'select {columns}, "Id" as _key, cast({self.version_at} as timestamp) as _from '
            f"from {self.source}"
        )
        return VersionTable(SCHEMA, self.name, select, self.is_log)

    def field(self, name: str) -> Field | None:
        """Field by name, in any case, as Salesforce finds it."""
        wanted = name.lower()
        return next((field for field in self.fields if field.name.lower() == wanted), None)


def _fields(kind: str, **values: str) -> tuple[Field, ...]:
    return tuple(Field(name, kind, value) for name, value in values.items())


def _references(**targets: tuple[str, str]) -> tuple[Field, ...]:
    return tuple(
        Field(name, "reference", f"sf_id('{prefix}', {number})")
        for name, (prefix, number) in targets.items()
    )


def _either(name: str, first: tuple[str, str], second: tuple[str, str]) -> Field:
    """Reference to one of two objects, the first where there is one."""
    (prefix, number), (other_prefix, other) = first, second
    chosen = f"if({number} is null, '{other_prefix}', '{prefix}')"
    return Field(name, "reference", f"sf_id({chosen}, coalesce({number}, {other}))")


def _own(table: str) -> str:
    return f"(select * from {table} where crm = 'salesforce')"


def _with_creation(table: str, number: str) -> str:
    return (
        f"(select *, min(version_at) over (partition by {number}) as created_at,"
        f" false as is_deleted from {table})"
    )


ACCOUNT = SObject(
    "Account", "001", _own("accounts"), "account_n",
    _references(MasterRecordId=("001", "merged_into_n"), OwnerId=("005", "owner_n"))
    + _fields("string", Name="name", BillingCountry="country", Region__c="region_name")
    + _fields("url", Website="'https://www.' || domain")
    + _fields("picklist", Industry="industry", Segment__c="segment", Type="'Customer'")
    + _fields("int", NumberOfEmployees="employees")
    + _fields("currency", AnnualRevenue="annual_revenue")
    + _fields(
        "picklist",
        Support_Plan__c="['Basic', 'Standard', 'Premier'][1 + (account_n * 7919) % 3]",
    ),
)  # fmt: skip
CONTACT = SObject(
    "Contact", "003", _own("contacts"), "contact_n",
    _references(MasterRecordId=("003", "merged_into_n"), AccountId=("001", "account_n"))
    + _fields("string", FirstName="first_name", LastName="last_name", Title="title")
    + _fields("email", Email="email")
    + _fields("phone", Phone="phone"),
)  # fmt: skip
LEAD = SObject(
    "Lead", "00Q", _own("leads"), "lead_n",
    _references(
        MasterRecordId=("00Q", "merged_into_n"),
        OwnerId=("005", "owner_n"),
        ConvertedAccountId=("001", "converted_account_n"),
        ConvertedContactId=("003", "converted_contact_n"),
        ConvertedOpportunityId=("006", "converted_opportunity_n"),
        Campaign__c=("701", "campaign_n"),
    )
    + _fields(
        "string", FirstName="first_name", LastName="last_name", Company="company", Title="title",
        Country="country", Region__c="region_name",
    )
    + _fields("email", Email="email")
    + _fields("picklist", Industry="industry", LeadSource="lead_source", Status="status")
    + _fields("int", NumberOfEmployees="employees")
    + _fields("boolean", IsConverted="is_converted")
    + _fields("date", ConvertedDate="converted_at")
    + _fields("datetime", Converted_At__c="converted_at"),
)  # fmt: skip
OPPORTUNITY = SObject(
    "Opportunity", "006", _own("opportunities"), "opportunity_n",
    _references(
        AccountId=("001", "account_n"),
        OwnerId=("005", "owner_n"),
        CampaignId=("701", "campaign_n"),
        ContactId=("003", "contact_n"),
        Product__c=("01t", "product_n"),
    )
    + _fields("string", Name="name", NextStep="next_step", Competitor__c="competitor")
    + _fields(
        "picklist", Type="type", StageName="stage", CurrencyIsoCode="currency_code",
        ForecastCategoryName="forecast_category", LeadSource="lead_source",
        Loss_Reason__c="loss_reason",
        Implementation__c="['Self-service', 'Partner'][1 + (opportunity_n * 104729) % 2]",
    )
    + _fields("currency", Amount="amount")
    + _fields("percent", Probability="round(probability * 100, 2)")
    + _fields("date", CloseDate="close_date")
    + _fields("boolean", IsClosed="is_closed", IsWon="is_won"),
)  # fmt: skip
HISTORY_SOURCE = """(
    select *, row_number() over (partition by opportunity_n order by version_at) as entry
    from (
        select *,
            (stage, amount, probability, close_date) is distinct from
            lag((stage, amount, probability, close_date))
                over (partition by opportunity_n order by version_at) as is_entry
        from opportunities
        where crm = 'salesforce' and not is_deleted
    )
    where is_entry
)"""
OPPORTUNITY_HISTORY = SObject(
    "OpportunityHistory", "008", HISTORY_SOURCE, "opportunity_n * 1000 + entry",
    _references(OpportunityId=("006", "opportunity_n"), CreatedById=("005", "owner_n"))
    + _fields(
        "picklist", StageName="stage", CurrencyIsoCode="currency_code",
        ForecastCategory="forecast_category",
    )
    + _fields("currency", Amount="amount")
    + _fields("percent", Probability="round(probability * 100, 2)")
    + _fields("date", CloseDate="close_date"),
    created_at="version_at",
    is_deleted="false",
    is_log=True,
)  # fmt: skip
LINE_ITEM = SObject(
    "OpportunityLineItem", "00k", _own("line_items"), "line_item_n",
    _references(OpportunityId=("006", "opportunity_n"), Product2Id=("01t", "product_n"))
    + _fields("double", Quantity="quantity")
    + _fields("currency", UnitPrice="unit_price", TotalPrice="round(quantity * unit_price, 2)")
    + _fields("picklist", CurrencyIsoCode="currency_code"),
)  # fmt: skip
ACTIVITY_LINKS = (
    _either("WhoId", ("003", "contact_n"), ("00Q", "lead_n")),
    _either("WhatId", ("006", "opportunity_n"), ("001", "account_n")),
    *_references(AccountId=("001", "account_n"), OwnerId=("005", "owner_n")),
)
TASK = SObject(
    "Task", "00T", f"{_own('activities')} where type <> 'meeting'", "activity_n",
    ACTIVITY_LINKS
    + _fields("string", Subject="subject", CallDisposition="if(type = 'call', outcome, null)")
    + _fields(
        "picklist",
        Type="case type when 'call' then 'Call' when 'email' then 'Email' else 'Other' end",
        TaskSubtype="case type when 'call' then 'Call' when 'email' then 'Email' else 'Task' end",
        Status="if(is_completed, 'Completed', 'Not Started')",
        Direction__c="direction",
    )
    + _fields("boolean", IsClosed="is_completed")
    + _fields("date", ActivityDate="occurred_at")
    + _fields("datetime", CompletedDateTime="if(is_completed, occurred_at, null)")
    + _fields("int", CallDurationInSeconds="if(type = 'call', duration_seconds, null)"),
)  # fmt: skip
EVENT = SObject(
    "Event", "00U", f"{_own('activities')} where type = 'meeting'", "activity_n",
    ACTIVITY_LINKS
    + _fields("string", Subject="subject")
    + _fields(
        "datetime",
        StartDateTime="occurred_at",
        EndDateTime="occurred_at + to_seconds(coalesce(duration_seconds, 0))",
    )
    + _fields("int", DurationInMinutes="coalesce(duration_seconds, 0) // 60")
    + _fields("picklist", EventSubtype="'Event'"),
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
    "User", "005", _with_creation(_own("users"), "user_n"), "user_n",
    _references(ManagerId=("005", "manager_n"), UserRoleId=("00E", f"sf_role_n({ROLE_NAME})"))
    + _fields(
        "string", Username="lower(email)", FirstName="first_name", LastName="last_name",
        Team__c="team_name", Region__c="region_name",
    )
    + _fields("email", Email="email")
    + _fields("picklist", Sales_Role__c="role")
    + _fields("boolean", IsActive="is_active")
    + _fields("date", Hire_Date__c="hired_on"),
)  # fmt: skip
USER_ROLE = SObject(
    "UserRole", "00E",
    f"""(
        select {ROLE_NAME} as name, any_value({PARENT_ROLE_NAME}) as parent,
            min(version_at) as version_at
        from {_own("users")} group by 1
    )""",
    "sf_role_n(name)",
    _fields("string", Name="name")
    + _references(ParentRoleId=("00E", "sf_role_n(parent)")),
    created_at="version_at",
    is_deleted="false",
)  # fmt: skip
PRODUCT = SObject(
    "Product2", "01t", "products", "product_n",
    _fields("string", Name="name", ProductCode="code")
    + _fields("picklist", Family="family")
    + _fields("boolean", IsActive="true")
    + _fields("currency", List_Price__c="list_price"),
    version_at=ALWAYS,
    created_at=ALWAYS,
    is_deleted="false",
)  # fmt: skip
CAMPAIGN = SObject(
    "Campaign", "701", _with_creation("campaigns", "campaign_n"), "campaign_n",
    _fields("string", Name="name", Google_Ads_Campaign_Id__c="google_ads_id(campaign_n)")
    + _fields("picklist", Type="channel", Status="status")
    + _fields("date", StartDate="start_date", EndDate="end_date")
    + _fields(
        "currency",
        BudgetedCost="budget",
        ActualCost="campaign_cost_until(campaign_n, version_at)",
    ),
)  # fmt: skip
CAMPAIGN_MEMBER = SObject(
    "CampaignMember", "00v",
    _with_creation(
        "(select * from campaign_members semi join "
        f"{_own('leads')} as own on own.lead_n = campaign_members.lead_n)",
        "member_n",
    ),
    "member_n",
    _references(
        CampaignId=("701", "campaign_n"), LeadId=("00Q", "lead_n"),
        ContactId=("003", "cast(null as bigint)"),
    )
    + _fields("picklist", Status="status")
    + _fields("date", FirstRespondedDate="responded_on"),
)  # fmt: skip
QUOTA = SObject(
    "ForecastingQuota", "0J9",
    _with_creation(
        f"(select * from quotas semi join {_own('users')} as own on own.user_n = quotas.user_n)",
        "quota_n",
    ),
    "quota_n",
    _references(QuotaOwnerId=("005", "user_n"))
    + _fields("date", StartDate="month")
    + _fields("currency", QuotaAmount="amount")
    + _fields("picklist", CurrencyIsoCode="currency_code"),
)  # fmt: skip
EXCHANGE_RATE = SObject(
    "DatedConversionRate", "04w", "exchange_rates",
    "sf_role_n(currency_code) * 2000 + date_diff('month', date '2000-01-01', start_date)",
    _fields("picklist", IsoCode="currency_code")
    + _fields("date", StartDate="start_date", NextStartDate="next_start_date")
    + _fields("double", ConversionRate="units_per_usd"),
    version_at="start_date",
    created_at="start_date",
    is_deleted="false",
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
    _fields("string", MasterLabel="label", ApiName="label")
    + _fields("int", SortOrder="position")
    + _fields("percent", DefaultProbability="chance")
    + _fields("picklist", ForecastCategoryName="category")
    + _fields("boolean", IsClosed="closed", IsWon="won", IsActive="true"),
    version_at=ALWAYS,
    created_at=ALWAYS,
    is_deleted="false",
)  # fmt: skip

OBJECTS: dict[str, SObject] = {
    sobject.name: sobject
    for sobject in (
        ACCOUNT, CONTACT, LEAD, OPPORTUNITY, OPPORTUNITY_HISTORY, LINE_ITEM, TASK, EVENT, USER,
        USER_ROLE, PRODUCT, CAMPAIGN, CAMPAIGN_MEMBER, QUOTA, EXCHANGE_RATE, STAGE,
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

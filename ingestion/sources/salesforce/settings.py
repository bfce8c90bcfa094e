"""Salesforce: which objects are landed, with which fields. Fields an org has not stay null."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import CUSTOM_FIELDS, Entity, columns
from ingestion.feed import Revisit
from ingestion.http import Rate

API = "/services/data/v62.0"
TOKEN_PATH = "/services/oauth2/token"
RATE = Rate(calls=25, per_seconds=1)
# An Enterprise org has 100,000 calls in any 24 hours and 1,000 more a licence.
BUDGET = DailyBudget(calls=50_000, is_rolling=True)
BULK_FROM_ROWS = 10_000
BULK_PAGE_ROWS = 50_000
BULK_WAIT_SECONDS = 3_600.0
# A query is a part of the address, which Salesforce takes up to 16 kB of.
LONGEST_QUERY = 12_000
# Salesforce takes 25 and describes one after the other, while we wait for the answer.
DESCRIBES_A_CALL = 14
# For records that are gone for good, and for formula fields.
WEEKLY = Revisit(every=timedelta(days=7))
# For objects whose deleted records are just not there any more.
DAILY = Revisit(every=timedelta(days=1))
VERSION_FIELDS = ("SystemModstamp", "LastModifiedDate", "CreatedDate")


class Connection(BaseModel):
    """A connected app with the client credentials flow; `base_url` is the org's My Domain URL."""

    model_config = ConfigDict(extra="forbid")

    base_url: str
    client_id: str
    client_secret: SecretStr


@dataclass(frozen=True)
class SObject:
    """A Salesforce object, the entity it lands in, and its fields by column.

    A small one is read whole each time (`is_whole`), of others everything is read again at
    `revisit`. A feature is there in some orgs only.
    """

    name: str
    entity: Entity
    fields: Mapping[str, str]
    is_whole: bool = False
    revisit: Revisit | None = None
    is_feature: bool = False

    @property
    def has_custom_fields(self) -> bool:
        return CUSTOM_FIELDS in self.entity.columns.names


def snake(field: str) -> str:
    """`SystemModstamp` → `system_modstamp`, `Loss_Reason__c` → `loss_reason_c`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", field)
    return re.sub(r"_+", "_", parted).lower()


def _sobject(
    name: str,
    entity: str,
    description: str,
    *,
    custom: bool = False,
    whole: bool = False,
    again: Revisit | None = None,
    feature: bool = False,
    system: str = "IsDeleted CreatedDate SystemModstamp",
    **fields: str,
) -> SObject:
    """`system` are the object's fields for deletion and times, `custom` says that it may have
    fields of the org's own."""
    times = " ".join(field for field in system.split() if field != "IsDeleted")
    typed = {
        "text": f"Id {fields.get('text', '')}",
        "number": fields.get("number", ""),
        "count": fields.get("count", ""),
        "flag": f"{fields.get('flag', '')} {'IsDeleted' if 'IsDeleted' in system else ''}",
        "date": fields.get("date", ""),
        "instant": f"{fields.get('instant', '')} {times}",
    }
    by_column = {snake(field): field for names in typed.values() for field in names.split()}
    schema = columns({kind: snake_all(names) for kind, names in typed.items()})
    if custom:
        schema = schema.append(pa.field(CUSTOM_FIELDS, pa.string()))
    landed = Entity(
        entity,
        ("id",),
        schema,
        description,
        snake(times.split()[-1]),
        memory="latest" if whole else "overlap",
    )
    return SObject(name, landed, by_column, whole, again, feature)


def snake_all(names: str) -> str:
    return " ".join(snake(name) for name in names.split())


SOBJECTS: tuple[SObject, ...] = (
    _sobject(
        "Account", "accounts", "Companies; a merged-away one is deleted and names its master.",
        custom=True, again=WEEKLY,
        text="Name MasterRecordId OwnerId Industry Segment__c BillingCountry Website Region__c"
        " Type",
        count="NumberOfEmployees", number="AnnualRevenue",
    ),
    _sobject(
        "Contact", "contacts", "People at accounts; a merged-away one names its master.",
        custom=True, again=WEEKLY,
        text="AccountId MasterRecordId FirstName LastName Email Phone Title",
    ),
    _sobject(
        "Lead", "leads",
        "People who may become customers, until they are converted; a merged-away one names its"
        " master.",
        custom=True, again=WEEKLY,
        text="MasterRecordId FirstName LastName Email Company Title Industry Country Region__c"
        " LeadSource Status OwnerId ConvertedAccountId ConvertedContactId ConvertedOpportunityId"
        " Campaign__c",
        count="NumberOfEmployees", flag="IsConverted", date="ConvertedDate",
        instant="Converted_At__c",
    ),
    _sobject(
        "Opportunity", "opportunities", "Deals; probability in percent.",
        custom=True, again=WEEKLY,
        text="AccountId OwnerId Name Type StageName CurrencyIsoCode ForecastCategoryName LeadSource"
        " CampaignId ContactId Product__c Loss_Reason__c Competitor__c NextStep Pricebook2Id",
        number="Amount Probability", date="CloseDate", flag="IsClosed IsWon",
    ),
    _sobject(
        "OpportunityHistory", "opportunity_history",
        "One row when stage, amount, probability or close date changed, and one at creation.",
        text="OpportunityId StageName CurrencyIsoCode ForecastCategory CreatedById",
        number="Amount Probability", date="CloseDate",
    ),
    _sobject(
        "OpportunityFieldHistory", "opportunity_field_history",
        "Changes of the fields of deals whose history is tracked; a changed lookup has two rows,"
        " with ids and with names.",
        system="IsDeleted CreatedDate",
        text="OpportunityId Field DataType OldValue NewValue CreatedById",
    ),
    _sobject(
        "OpportunityLineItem", "opportunity_line_items", "Products of a deal.",
        custom=True, again=WEEKLY,
        text="OpportunityId Product2Id PricebookEntryId CurrencyIsoCode",
        number="Quantity UnitPrice TotalPrice",
    ),
    _sobject(
        "OpportunityCompetitor", "opportunity_competitors", "Who else is after a deal.",
        again=WEEKLY, text="OpportunityId CompetitorName Strengths Weaknesses",
    ),
    _sobject(
        "OpportunityContactRole", "opportunity_contact_roles", "Who has which part in a deal.",
        custom=True, again=WEEKLY, text="OpportunityId ContactId Role", flag="IsPrimary",
    ),
    _sobject(
        "Task", "tasks", "Calls, e-mails and to-dos.", custom=True, again=WEEKLY,
        text="WhoId WhatId AccountId OwnerId Subject Type TaskSubtype Status CallDisposition"
        " Direction__c",
        flag="IsClosed", date="ActivityDate", instant="CompletedDateTime",
        count="CallDurationInSeconds",
    ),
    _sobject(
        "Event", "events", "Meetings.", custom=True, again=WEEKLY,
        text="WhoId WhatId AccountId OwnerId Subject EventSubtype",
        instant="StartDateTime EndDateTime", count="DurationInMinutes",
    ),
    _sobject(
        "User", "users", "People who sell; they are never deleted.", custom=True, again=WEEKLY,
        text="Username FirstName LastName Email ManagerId UserRoleId Team__c Region__c"
        " Sales_Role__c",
        flag="IsActive", date="Hire_Date__c",
    ),
    _sobject("UserRole", "user_roles", "The role hierarchy.", whole=True, text="Name ParentRoleId"),
    _sobject(
        "Product2", "products", "What is sold.", custom=True, again=WEEKLY,
        text="Name Family ProductCode", flag="IsActive", number="List_Price__c",
    ),
    _sobject(
        "Pricebook2", "pricebooks", "Price lists; one is the standard.",
        custom=True, again=WEEKLY, feature=True,
        text="Name Description", flag="IsActive IsArchived IsStandard",
    ),
    _sobject(
        "PricebookEntry", "pricebook_entries", "A product's price in a price list and currency.",
        custom=True, again=WEEKLY, feature=True,
        text="Name Pricebook2Id Product2Id ProductCode CurrencyIsoCode", number="UnitPrice",
        flag="IsActive IsArchived UseStandardPrice",
    ),
    _sobject(
        "Campaign", "campaigns", "Marketing campaigns.", custom=True, again=WEEKLY,
        text="Name Type Status Google_Ads_Campaign_Id__c", date="StartDate EndDate",
        number="BudgetedCost ActualCost",
    ),
    _sobject(
        "CampaignMember", "campaign_members", "Leads and contacts a campaign reached.",
        custom=True, again=WEEKLY,
        text="CampaignId LeadId ContactId Status", date="FirstRespondedDate",
    ),
    _sobject(
        "Territory2", "territories", "Sales territories and the ones above them.",
        custom=True, whole=True, feature=True, system="SystemModstamp",
        text="Name DeveloperName Description ParentTerritory2Id Territory2TypeId Territory2ModelId"
        " ForecastUserId",
    ),
    _sobject(
        "UserTerritory2Association", "user_territories", "Who sells in which territory.",
        whole=True, feature=True, system="SystemModstamp",
        text="UserId Territory2Id RoleInTerritory2", flag="IsActive",
    ),
    _sobject(
        "ObjectTerritory2Association", "object_territories",
        "Which accounts and leads belong to which territory.",
        again=WEEKLY, feature=True, system="IsDeleted SystemModstamp",
        text="ObjectId SobjectType Territory2Id AssociationCause",
    ),
    _sobject(
        "Period", "periods", "Months, quarters and years of the fiscal calendar.",
        whole=True, feature=True, system="SystemModstamp",
        text="Type FiscalYearSettingsId", date="StartDate EndDate", count="Number",
        flag="IsForecastPeriod",
    ),
    _sobject(
        "ForecastingType", "forecast_types", "The kinds of forecast an org has.",
        whole=True, feature=True,
        text="DeveloperName MasterLabel RoleType DateType", flag="IsActive IsAmount IsQuantity",
    ),
    _sobject(
        "ForecastingItem", "forecast_items",
        "What a person forecasts for a period in a category, subordinates included.",
        again=WEEKLY, feature=True, system="SystemModstamp",
        text="OwnerId PeriodId ForecastingTypeId ForecastCategoryName ForecastingItemCategory"
        " ParentForecastingItemId ProductFamily Territory2Id CurrencyIsoCode",
        number="ForecastAmount OwnerOnlyAmount AmountWithoutAdjustments"
        " AmountWithoutManagerAdjustment AmountWithoutOwnerAdjustment",
        flag="HasAdjustment HasOwnerAdjustment IsAmount IsQuantity IsUpToDate",
    ),
    _sobject(
        "ForecastingQuota", "quotas", "What a person is to sell in a month.",
        again=DAILY, feature=True,
        text="QuotaOwnerId CurrencyIsoCode PeriodId ForecastingTypeId ProductFamily Territory2Id",
        date="StartDate", number="QuotaAmount QuotaQuantity", flag="IsAmount IsQuantity",
    ),
    _sobject(
        "DatedConversionRate", "exchange_rates", "Units of a currency per 1 of company currency.",
        again=DAILY, feature=True,
        text="IsoCode", date="StartDate NextStartDate", number="ConversionRate",
    ),
    _sobject(
        "OpportunityStage", "stages", "The steps of the sales process; probability in percent.",
        whole=True,
        text="MasterLabel ForecastCategoryName", count="SortOrder", number="DefaultProbability",
        flag="IsClosed IsWon IsActive",
    ),
)  # fmt: skip
CUSTOM_FIELD_DEFINITIONS = Entity(
    "custom_field_definitions",
    ("object", "name"),
    columns(
        text="object name label type formula reference_to picklist_values help_text",
        count="length precision scale",
        flag="is_calculated",
    ),
    "The org's own fields of all landed objects: the types of what custom_fields holds.",
    memory="latest",
)

ENTITIES: tuple[Entity, ...] = (
    *(sobject.entity for sobject in SOBJECTS),
    CUSTOM_FIELD_DEFINITIONS,
)

_ON_THE_OBJECT = "Read and View All Records on {}"
_ON_OTHERS = {
    "OpportunityHistory": "Read and View All Records on Opportunity",
    "OpportunityFieldHistory": "Read and View All Records on Opportunity",
    "OpportunityLineItem": "Read and View All Records on Opportunity, Read on Product2",
    "OpportunityCompetitor": "Read and View All Records on Opportunity",
    "OpportunityContactRole": "Read and View All Records on Opportunity and Contact",
    "Task": "View All Data",
    "Event": "View All Data",
    "User": "View All Users",
    "UserRole": "View Roles and Role Hierarchy",
    "Product2": "Read on Product2",
    "Pricebook2": "Read on Pricebook2",
    "PricebookEntry": "Read on Product2 and Pricebook2",
    "CampaignMember": "Read and View All Records on Campaign, Lead and Contact",
    **dict.fromkeys(
        ("ForecastingType", "ForecastingItem", "ForecastingQuota"), "View All Forecasts"
    ),
    **dict.fromkeys(
        (
            "Period", "DatedConversionRate", "OpportunityStage", "Territory2",
            "UserTerritory2Association", "ObjectTerritory2Association",
        ),
        "View Setup and Configuration",
    ),
}  # fmt: skip
PERMISSIONS: Mapping[str, str] = {
    **{
        sobject.entity.name: _ON_OTHERS.get(sobject.name, _ON_THE_OBJECT.format(sobject.name))
        for sobject in SOBJECTS
    },
    CUSTOM_FIELD_DEFINITIONS.name: "API Enabled",
}

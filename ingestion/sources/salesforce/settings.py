"""Salesforce: which objects are landed, with which fields. Fields an org has not stay null."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import CUSTOM_FIELDS, Entity, columns
from ingestion.http import Rate

API = "/services/data/v62.0"
TOKEN_PATH = "/services/oauth2/token"
RATE = Rate(calls=25, per_seconds=1)
# An Enterprise org has 100,000 calls in any 24 hours and 1,000 more a licence.
BUDGET = DailyBudget(calls=50_000, is_rolling=True)
BULK_FROM_ROWS = 10_000
BULK_PAGE_ROWS = 50_000
BULK_WAIT_SECONDS = 3_600.0
VERSION_FIELDS = ("SystemModstamp", "LastModifiedDate", "CreatedDate")


class Connection(BaseModel):
    """A connected app with the client credentials flow; `base_url` is the org's My Domain URL."""

    model_config = ConfigDict(extra="forbid")

    base_url: str
    client_id: str
    client_secret: SecretStr


@dataclass(frozen=True)
class SObject:
    """A Salesforce object, the entity it lands in, and its fields by column."""

    name: str
    entity: Entity
    fields: Mapping[str, str]

    @property
    def has_custom_fields(self) -> bool:
        return CUSTOM_FIELDS in self.entity.columns.names


def snake(field: str) -> str:
    """`SystemModstamp` → `system_modstamp`, `Loss_Reason__c` → `loss_reason_c`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", field)
    return re.sub(r"_+", "_", parted).lower()


def _sobject(
    name: str, entity: str, description: str, *, custom: bool = False, **fields: str
) -> SObject:
    typed = {
        "text": f"Id {fields.get('text', '')}",
        "number": fields.get("number", ""),
        "count": fields.get("count", ""),
        "flag": f"{fields.get('flag', '')} IsDeleted",
        "date": fields.get("date", ""),
        "instant": f"{fields.get('instant', '')} CreatedDate SystemModstamp",
    }
    by_column = {snake(field): field for names in typed.values() for field in names.split()}
    schema = columns({kind: snake_all(names) for kind, names in typed.items()})
    if custom:
        schema = schema.append(pa.field(CUSTOM_FIELDS, pa.string()))
    return SObject(name, Entity(entity, ("id",), schema, description, "system_modstamp"), by_column)


def snake_all(names: str) -> str:
    return " ".join(snake(name) for name in names.split())


SOBJECTS: tuple[SObject, ...] = (
    _sobject(
        "Account", "accounts", "Companies; a merged-away one is deleted and names its master.",
        custom=True,
        text="Name MasterRecordId OwnerId Industry Segment__c BillingCountry Website Region__c"
        " Type",
        count="NumberOfEmployees", number="AnnualRevenue",
    ),
    _sobject(
        "Contact", "contacts", "People at accounts.", custom=True,
        text="AccountId MasterRecordId FirstName LastName Email Phone Title",
    ),
    _sobject(
        "Lead", "leads", "People who may become customers, until they are converted.", custom=True,
        text="MasterRecordId FirstName LastName Email Company Title Industry Country Region__c"
        " LeadSource Status OwnerId ConvertedAccountId ConvertedContactId ConvertedOpportunityId"
        " Campaign__c",
        count="NumberOfEmployees", flag="IsConverted", date="ConvertedDate",
        instant="Converted_At__c",
    ),
    _sobject(
        "Opportunity", "opportunities", "Deals; probability in percent.", custom=True,
        text="AccountId OwnerId Name Type StageName CurrencyIsoCode ForecastCategoryName LeadSource"
        " CampaignId ContactId Product__c Loss_Reason__c Competitor__c NextStep",
        number="Amount Probability", date="CloseDate", flag="IsClosed IsWon",
    ),
    _sobject(
        "OpportunityHistory", "opportunity_history",
        "One row when stage, amount, probability or close date changed, and one at creation.",
        text="OpportunityId StageName CurrencyIsoCode ForecastCategory CreatedById",
        number="Amount Probability", date="CloseDate",
    ),
    _sobject(
        "OpportunityLineItem", "opportunity_line_items", "Products of a deal.",
        text="OpportunityId Product2Id CurrencyIsoCode", number="Quantity UnitPrice TotalPrice",
    ),
    _sobject(
        "Task", "tasks", "Calls, e-mails and to-dos.",
        text="WhoId WhatId AccountId OwnerId Subject Type TaskSubtype Status CallDisposition"
        " Direction__c",
        flag="IsClosed", date="ActivityDate", instant="CompletedDateTime",
        count="CallDurationInSeconds",
    ),
    _sobject(
        "Event", "events", "Meetings.",
        text="WhoId WhatId AccountId OwnerId Subject EventSubtype",
        instant="StartDateTime EndDateTime", count="DurationInMinutes",
    ),
    _sobject(
        "User", "users", "People who sell.",
        text="Username FirstName LastName Email ManagerId UserRoleId Team__c Region__c"
        " Sales_Role__c",
        flag="IsActive", date="Hire_Date__c",
    ),
    _sobject("UserRole", "user_roles", "The role hierarchy.", text="Name ParentRoleId"),
    _sobject(
        "Product2", "products", "What is sold.",
        text="Name Family ProductCode", flag="IsActive", number="List_Price__c",
    ),
    _sobject(
        "Campaign", "campaigns", "Marketing campaigns.",
        text="Name Type Status Google_Ads_Campaign_Id__c", date="StartDate EndDate",
        number="BudgetedCost ActualCost",
    ),
    _sobject(
        "CampaignMember", "campaign_members", "Leads and contacts a campaign reached.",
        text="CampaignId LeadId ContactId Status", date="FirstRespondedDate",
    ),
    _sobject(
        "ForecastingQuota", "quotas", "What a person is to sell in a month.",
        text="QuotaOwnerId CurrencyIsoCode", date="StartDate", number="QuotaAmount",
    ),
    _sobject(
        "DatedConversionRate", "exchange_rates", "Units of a currency per 1 of company currency.",
        text="IsoCode", date="StartDate NextStartDate", number="ConversionRate",
    ),
    _sobject(
        "OpportunityStage", "stages", "The steps of the sales process; probability in percent.",
        text="MasterLabel ForecastCategoryName", count="SortOrder", number="DefaultProbability",
        flag="IsClosed IsWon IsActive",
    ),
)  # fmt: skip

ENTITIES: tuple[Entity, ...] = tuple(sobject.entity for sobject in SOBJECTS)

_ON_THE_OBJECT = "Read and View All Records on {}"
_ON_OTHERS = {
    "OpportunityHistory": "Read and View All Records on Opportunity",
    "OpportunityLineItem": "Read and View All Records on Opportunity, Read on Product2",
    "Task": "View All Data",
    "Event": "View All Data",
    "User": "View All Users",
    "UserRole": "View Roles and Role Hierarchy",
    "Product2": "Read on Product2",
    "CampaignMember": "Read and View All Records on Campaign, Lead and Contact",
    "ForecastingQuota": "View All Forecasts",
    "DatedConversionRate": "View Setup and Configuration",
    "OpportunityStage": "View Setup and Configuration",
}
PERMISSIONS: Mapping[str, str] = {
    sobject.entity.name: _ON_OTHERS.get(sobject.name, _ON_THE_OBJECT.format(sobject.name))
    for sobject in SOBJECTS
}

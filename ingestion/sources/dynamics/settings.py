"""Dynamics 365 Sales: which Dataverse tables are landed, with which columns.

What an environment has not (a column, a whole table) stays null or empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import CUSTOM_FIELDS, Entity, columns
from ingestion.http import Rate

API = "/api/data/v9.2"
# Service protection allows 6,000 calls in 300 s for a user on each web server; trials have one.
RATE = Rate(calls=100, per_seconds=5)
# An application user shares the tenant's 25,000 or more in 24 hours.
BUDGET = DailyBudget(calls=20_000, is_rolling=True)
PAGE_ROWS = 5_000
PARTIES_A_CALL = 200
TRACKING_DAYS = 7
LABEL, TYPE = "_label", "_type"
# The first contact and the first lead who took part, and all who did, as JSON.
PARTY_COLUMNS = ("contact_id", "lead_id", "parties")


class Connection(BaseModel):
    """An app registration that is an application user; `base_url` is the environment's address."""

    model_config = ConfigDict(extra="forbid")

    base_url: str
    tenant_id: str
    client_id: str
    client_secret: SecretStr
    login_url: str = "https://login.microsoftonline.com"


@dataclass(frozen=True)
class Table:
    """A Dataverse table and the entity it lands in.

    `attributes` are logical names by column. `labels` and `types` are the columns that hold the
    label of a choice or lookup and the table a lookup points to. `reading` says how: `changes` by
    change tracking where the table has it on, else by time of change with a sweep of ids, `all` of
    it in each run.
    """

    name: str
    entity: Entity
    attributes: Mapping[str, str]
    lookups: frozenset[str]
    labels: Mapping[str, str]
    types: Mapping[str, str]
    reading: Literal["changes", "all"] = "changes"
    has_parties: bool = False

    @property
    def primary_id(self) -> str:
        return self.attributes["id"]

    @property
    def has_custom_fields(self) -> bool:
        return CUSTOM_FIELDS in self.entity.columns.names

    def json_name(self, attribute: str) -> str:
        """The Web API's name of an attribute: lookups show as `_name_value`."""
        return f"_{attribute}_value" if attribute in self.lookups else attribute


def _table(
    name: str,
    entity: str,
    primary_id: str,
    description: str,
    *,
    custom: bool = False,
    dated: bool = True,
    reading: Literal["changes", "all"] = "changes",
    parties: bool = False,
    text: str = "",
    number: str = "",
    count: str = "",
    flag: str = "",
    date: str = "",
    instant: str = "",
    choice: str = "",
    lookup: str = "",
    named: str = "",
    pointer: str = "",
) -> Table:
    """A table from the logical names of its attributes by type; a `choice` and a `named` lookup
    bring their label, a `pointer` (a lookup of several tables) the table it points to."""
    lookups = f"{lookup} {named} {pointer}".split()
    labels = {f"{each}{LABEL}": each for each in f"{choice} {named}".split()}
    types = {f"{each}{TYPE}": each for each in pointer.split()}
    dates = "createdon modifiedon" if dated else ""
    schema = columns(
        {
            "text": " ".join(["id", text, *lookups, *labels, *types]),
            "number": number,
            "count": f"{count} {choice}",
            "flag": flag,
            "date": date,
            "instant": f"{instant} {dates}",
        }
    )
    derived = {*labels, *types}
    attributes = {column: column for column in schema.names if column not in derived}
    if parties:
        for column in PARTY_COLUMNS:
            schema = schema.append(pa.field(column, pa.string()))
    if custom:
        schema = schema.append(pa.field(CUSTOM_FIELDS, pa.string()))
    return Table(
        name,
        Entity(
            entity, ("id",), schema, description, "modifiedon" if dated else None,
            memory="latest" if reading == "all" else "overlap",
        ),
        {**attributes, "id": primary_id},
        frozenset(lookups),
        labels,
        types,
        reading,
        parties,
    )  # fmt: skip


def _activity(name: str, entity: str, description: str, flag: str = "") -> Table:
    return _table(
        name,
        entity,
        "activityid",
        description,
        parties=True,
        text="subject category",
        pointer="regardingobjectid",
        lookup="owninguser",
        instant="scheduledstart scheduledend actualstart actualend",
        count="actualdurationminutes",
        choice="statecode",
        flag=flag,
    )


TABLES: tuple[Table, ...] = (
    _table(
        "account", "accounts", "accountid",
        "Companies; a merged one is deleted and names its master.", custom=True,
        text="name address1_country websiteurl", count="numberofemployees", number="revenue",
        choice="industrycode new_segment statecode", lookup="owninguser masterid",
        named="territoryid", flag="merged",
    ),
    _table(
        "contact", "contacts", "contactid", "People at companies.", custom=True,
        text="firstname lastname fullname emailaddress1 telephone1 jobtitle",
        pointer="parentcustomerid", lookup="masterid", choice="statecode", flag="merged",
    ),
    _table(
        "lead", "leads", "leadid", "People who may become customers.", custom=True,
        text="firstname lastname fullname emailaddress1 companyname jobtitle address1_country",
        count="numberofemployees", choice="industrycode leadsourcecode statecode statuscode",
        lookup="owninguser masterid parentaccountid parentcontactid qualifyingopportunityid"
        " campaignid",
        named="new_territoryid", flag="merged", instant="new_qualifiedon",
    ),
    _table(
        "opportunity", "opportunities", "opportunityid",
        "Deals; probability in percent, money in the deal's currency.", custom=True,
        text="name stepname new_nextstep new_competitorname",
        choice="new_type new_leadsource statecode statuscode msdyn_forecastcategory",
        lookup="owninguser parentaccountid parentcontactid campaignid new_productid",
        named="transactioncurrencyid", pointer="customerid",
        number="estimatedvalue estimatedvalue_base actualvalue exchangerate",
        count="closeprobability", date="estimatedclosedate actualclosedate",
    ),
    _table(
        "opportunityclose", "opportunity_closes", "activityid",
        "The act of closing a deal as won or lost, with the moment.",
        text="subject", lookup="opportunityid owninguser", named="transactioncurrencyid",
        number="actualrevenue", instant="actualend",
        choice="statecode opportunitystatecode opportunitystatuscode",
    ),
    _table(
        "opportunitysalesprocess", "opportunity_processes", "businessprocessflowinstanceid",
        "The business process of each deal: the stage it is in, and since when.",
        text="name", lookup="opportunityid processid", named="activestageid",
        instant="activestagestartedon completedon", choice="statecode statuscode",
    ),
    _table(
        "opportunityproduct", "opportunity_products", "opportunityproductid",
        "Products of a deal.", lookup="opportunityid", named="productid transactioncurrencyid",
        number="quantity priceperunit extendedamount",
    ),
    _activity("phonecall", "phone_calls", "Calls.", "directioncode"),
    _activity("appointment", "appointments", "Meetings."),
    _activity("email", "emails", "E-mails.", "directioncode"),
    _activity("task", "tasks", "To-dos."),
    _table(
        "campaign", "campaigns", "campaignid", "Campaigns.",
        text="name new_googleadscampaignid", number="budgetedcost",
        instant="actualstart actualend", choice="typecode statecode",
    ),
    _table(
        "product", "products", "productid", "What is sold, and the families of it.",
        text="name productnumber", number="price", named="parentproductid",
        choice="productstructure statecode",
    ),
    _table(
        "systemuser", "users", "systemuserid", "People who sell, with unit and manager.",
        text="domainname firstname lastname fullname internalemailaddress title",
        lookup="parentsystemuserid", named="businessunitid territoryid", choice="new_salesrole",
        flag="isdisabled", date="new_hiredate",
    ),
    _table(
        "goal", "goals", "goalid", "Quotas: what a person is to sell in a period.",
        text="title", lookup="goalownerid", named="transactioncurrencyid", number="targetmoney",
        instant="goalstartdate goalenddate", choice="statecode",
    ),
    _table(
        "processstage", "process_stages", "processstageid", "Stages of business processes.",
        reading="all", dated=False, text="stagename primaryentitytypecode",
        choice="stagecategory", lookup="processid",
    ),
    _table(
        "businessunit", "business_units", "businessunitid", "The tree of business units.",
        reading="all", text="name", named="parentbusinessunitid", flag="isdisabled",
    ),
    _table(
        "team", "teams", "teamid", "Teams of users.", reading="all", text="name",
        named="businessunitid", choice="teamtype", flag="isdefault",
    ),
    _table(
        "territory", "territories", "territoryid", "Sales territories.", reading="all",
        text="name", lookup="managerid",
    ),
    _table(
        "transactioncurrency", "currencies", "transactioncurrencyid",
        "Currencies with their present rate: units per 1 of the base currency.", reading="all",
        text="isocurrencycode currencyname", number="exchangerate", choice="statecode",
    ),
)  # fmt: skip

AUDIT_TABLE = "audit"
AUDITED_TABLES = ("opportunity", "opportunitysalesprocess")
# What the history of a deal is made of; other audited columns are not landed.
AUDITED = (
    "activestageid", "estimatedvalue", "actualvalue", "closeprobability", "estimatedclosedate",
    "actualclosedate", "statecode", "msdyn_forecastcategory", "ownerid",
)  # fmt: skip
OPPORTUNITY_HISTORY = Entity(
    "opportunity_history",
    ("audit_id", "attribute"),
    columns(
        text="audit_id object_type object_id attribute old_value new_value user_id",
        count="action",
        instant="changed_at",
    ),
    "Audited changes of deals and their business processes, one row a changed column.",
    "changed_at",
)

ENTITIES: tuple[Entity, ...] = (*(table.entity for table in TABLES), OPPORTUNITY_HISTORY)

_ACTIVITIES = {"phonecall", "appointment", "email", "task", "opportunityclose"}
PERMISSIONS: Mapping[str, str] = {
    table.entity.name: f"Read on {'activity' if table.name in _ACTIVITIES else table.name}"
    for table in TABLES
} | {OPPORTUNITY_HISTORY.name: "View Audit Summary"}

"""HubSpot: which objects are landed, with which properties."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import CUSTOM_FIELDS, Entity, columns
from ingestion.feed import Revisit
from ingestion.http import Rate

RATE = Rate(calls=190, per_seconds=10)
# The smallest edition has 250,000 calls a day.
BUDGET = DailyBudget(calls=100_000)
SEARCH_RATE = Rate(calls=5, per_seconds=1)
LIST_ROWS = 100
HISTORY_ROWS = 50
SEARCH_ROWS = 200
SEARCH_CEILING = 10_000
BATCH_ROWS = 100
ASSOCIATION_ROWS = 1_000
SUBMISSION_ROWS = 50
MEMBER_ROWS = 250
LISTS_ROWS = 500
EVENT_ROWS = 1_000
URL_PROPERTIES = 1_800
HISTORY_PROPERTIES = ("dealstage", "amount", "closedate")
# What is deleted for good, at a person's request say, leaves no trace but its absence.
PEOPLE_AGAIN = Revisit(every=timedelta(days=7))
# A change of associations moves no date, and the search finds some changes late. Deals are few
# and read whole; of activities those that changed lately.
DEALS_AGAIN = Revisit(every=timedelta(days=1))
ACTIVITIES_AGAIN = Revisit(every=timedelta(days=1), overlap=timedelta(days=30))
# Members come and go without a trace on their list.
MEMBERS_AGAIN = Revisit(every=timedelta(days=1))


class Connection(BaseModel):
    """A private app's access token."""

    model_config = ConfigDict(extra="forbid")

    base_url: str
    access_token: SecretStr


@dataclass(frozen=True)
class CrmObject:
    """An object type of the CRM API. `associations` maps a column to the associated type.

    `searched_at_first`: the first load searches, too, instead of reading lists.
    """

    name: str
    entity: Entity
    properties: tuple[str, ...]
    associations: dict[str, str]
    modified: str = "hs_lastmodifieddate"
    revisit: Revisit | None = None
    searched_at_first: bool = False

    @property
    def has_custom_fields(self) -> bool:
        return CUSTOM_FIELDS in self.entity.columns.names

    @property
    def can_merge(self) -> bool:
        return "hs_merged_object_ids" in self.properties


def _crm_object(
    name: str,
    description: str,
    *,
    custom: bool = False,
    complete: bool = False,
    modified: str = "hs_lastmodifieddate",
    associations: dict[str, str] | None = None,
    revisit: Revisit | None = None,
    searched_at_first: bool = False,
    **properties: str,
) -> CrmObject:
    linked = associations or {}
    typed = {
        "text": f"id {properties.get('text', '')} {' '.join(linked)}",
        "number": properties.get("number", ""),
        "count": properties.get("count", ""),
        "flag": f"archived {properties.get('flag', '')}",
        "date": properties.get("date", ""),
        "instant": f"created_at updated_at archived_at {properties.get('instant', '')}",
    }
    schema = columns(typed)
    if custom:
        schema = schema.append(pa.field(CUSTOM_FIELDS, pa.string()))
    entity = Entity(
        name, ("id",), schema, description, "updated_at", "latest" if complete else "overlap"
    )
    asked = tuple(prop for names in properties.values() for prop in names.split())
    return CrmObject(name, entity, asked, linked, modified, revisit, searched_at_first)


def _activity(
    name: str,
    description: str,
    *,
    text: str = "",
    count: str = "",
    instant: str = "",
    searched_at_first: bool = False,
) -> CrmObject:
    return _crm_object(
        name,
        description,
        associations={"company_id": "companies", "contact_id": "contacts", "deal_id": "deals"},
        revisit=ACTIVITIES_AGAIN,
        searched_at_first=searched_at_first,
        text=f"hubspot_owner_id {text}",
        count=count,
        instant=f"hs_timestamp hs_createdate hs_lastmodifieddate {instant}",
    )


OBJECTS: tuple[CrmObject, ...] = (
    _crm_object(
        "companies", "Companies; merged ones name those they took in.", custom=True,
        revisit=PEOPLE_AGAIN,
        text="name domain industry segment country region hubspot_owner_id hs_merged_object_ids",
        count="numberofemployees", number="annualrevenue",
    ),
    _crm_object(
        "contacts", "People; one with a lead_source is a lead as well.", custom=True,
        modified="lastmodifieddate", revisit=PEOPLE_AGAIN,
        text="email firstname lastname phone jobtitle company industry country region"
        " lifecyclestage hs_lead_status hubspot_owner_id lead_source associatedcompanyid"
        " converted_deal_id campaign_id hs_merged_object_ids",
        count="numemployees",
        instant="converted_at hs_lifecyclestage_lead_date hs_lifecyclestage_opportunity_date"
        " hs_lifecyclestage_salesqualifiedlead_date",
    ),
    _crm_object(
        "deals", "Deals; probability from 0 to 1.", custom=True, revisit=DEALS_AGAIN,
        associations={"company_id": "companies", "contact_id": "contacts"},
        text="dealname dealtype pipeline dealstage deal_currency_code hs_manual_forecast_category"
        " hubspot_owner_id lead_source campaign_id product_id closed_lost_reason competitor"
        " hs_next_step",
        number="amount hs_deal_stage_probability", flag="hs_is_closed hs_is_closed_won",
        instant="closedate hs_lastmodifieddate",
    ),
    _crm_object(
        "line_items", "What a deal sells: products, quantities, prices.",
        associations={"deal_id": "deals"},
        text="name hs_sku hs_product_id hs_line_item_currency_code",
        number="quantity price amount", instant="hs_lastmodifieddate",
    ),
    _activity(
        "calls", "Telephone calls; duration in milliseconds.",
        text="hs_call_direction hs_call_disposition", count="hs_call_duration",
    ),
    # The most there is: searches have a pace of their own, so lists of other records go on beside.
    _activity(
        "emails", "E-mails of sales people.", text="hs_email_direction hs_email_subject",
        searched_at_first=True,
    ),
    _activity(
        "meetings", "Meetings.", text="hs_meeting_outcome",
        instant="hs_meeting_start_time hs_meeting_end_time",
    ),
    _activity("notes", "Notes."),
    _activity("tasks", "To-dos.", text="hs_task_subject hs_task_status"),
)  # fmt: skip

SMALL_OBJECTS: tuple[CrmObject, ...] = (
    _crm_object(
        "products", "What is sold.", complete=True, text="name hs_sku family", number="price"
    ),
    _crm_object(
        "goal_targets", "What a person is to sell in a period.", complete=True,
        text="hs_goal_name hubspot_owner_id currency", number="hs_target_amount",
        instant="hs_start_datetime hs_end_datetime",
    ),
)  # fmt: skip

DEAL_ASSOCIATIONS = Entity(
    "deal_associations",
    ("deal_id", "object_type", "object_id"),
    columns(text="deal_id object_type object_id labels", flag="is_primary"),
    "Every company and contact that a deal is associated with; labels as a JSON array.",
    memory="latest",
)
DEAL_ASSOCIATED = ("companies", "contacts")
DEAL_HISTORY = Entity(
    "deal_history",
    ("deal_id", "property", "changed_at"),
    columns(text="deal_id property value source_type", instant="changed_at"),
    "Every value dealstage, amount and closedate of a deal ever had.",
    "changed_at",
    "all",
)
OWNERS = Entity(
    "owners",
    ("id",),
    columns(
        text="id email first_name last_name user_id team_name",
        flag="archived",
        instant="created_at updated_at",
    ),
    "People who own records; archived ones left.",
    memory="latest",
)
TEAMS = Entity(
    "teams",
    ("id",),
    columns(text="id name region manager_owner_id member_owner_ids"),
    "Teams; members as a JSON array of owner ids.",
    memory="latest",
)
PIPELINES = Entity(
    "pipelines",
    ("id",),
    columns(text="id label", count="display_order"),
    "Deal pipelines.",
    memory="latest",
)
PIPELINE_STAGES = Entity(
    "pipeline_stages",
    ("pipeline_id", "id"),
    columns(
        text="pipeline_id id label",
        count="display_order",
        number="probability",
        flag="is_closed is_won",
    ),
    "Stages of deal pipelines; probability from 0 to 1.",
    memory="latest",
)
EXCHANGE_RATES = Entity(
    "exchange_rates",
    ("id",),
    columns(
        text="id from_currency_code to_currency_code",
        number="conversion_rate",
        instant="effective_at",
    ),
    "What 1 of a currency is worth in another, from a time on.",
    memory="latest",
)
EMAIL_CAMPAIGNS = Entity(
    "email_campaigns",
    ("id",),
    columns(text="id name subject state", instant="sent_at"),
    "Marketing e-mails; a draft has a time of sending, too.",
    memory="latest",
)
EMAIL_EVENTS = Entity(
    "email_events",
    ("id",),
    columns(text="id email_campaign_id recipient type", instant="created"),
    "What happened to a marketing e-mail: sent, delivered, opened, clicked, bounced, unsubscribed.",
    "created",
)
FORMS = Entity(
    "forms",
    ("id",),
    columns(text="id name form_type", flag="archived", instant="created_at updated_at"),
    "Forms of web sites.",
    memory="latest",
)
FORM_SUBMISSIONS = Entity(
    "form_submissions",
    ("form_id", "id"),
    columns(text="form_id id page_url email fields", instant="submitted_at"),
    "What visitors sent by a form; fields as a JSON object.",
    "submitted_at",
)
LISTS = Entity(
    "lists",
    ("id",),
    columns(
        text="id name object_type_id processing_type",
        count="size",
        instant="created_at updated_at last_record_added_at",
    ),
    "Lists (segments) of records, kept by hand or by rules.",
    memory="latest",
)
LIST_MEMBERSHIPS = Entity(
    "list_memberships",
    ("list_id", "record_id"),
    columns(text="list_id record_id object_type_id", instant="joined_at"),
    "Which records are on a list, and since when.",
    memory="latest",
)
MARKETING_EVENTS = Entity(
    "marketing_events",
    ("id",),
    columns(
        text="id external_event_id name event_type organizer url",
        count="registrants attendees cancellations no_shows",
        flag="is_cancelled is_completed",
        instant="starts_at ends_at created_at updated_at",
    ),
    "Webinars, fairs and the like, with how many registered and came.",
    memory="latest",
)

ENTITIES: tuple[Entity, ...] = (
    *(item.entity for item in (*OBJECTS, *SMALL_OBJECTS)),
    DEAL_ASSOCIATIONS,
    DEAL_HISTORY,
    OWNERS,
    TEAMS,
    PIPELINES,
    PIPELINE_STAGES,
    EXCHANGE_RATES,
    EMAIL_CAMPAIGNS,
    EMAIL_EVENTS,
    FORMS,
    FORM_SUBMISSIONS,
    LISTS,
    LIST_MEMBERSHIPS,
    MARKETING_EVENTS,
)

_DEALS_READ = "crm.objects.deals.read and crm.schemas.deals.read"
_CONTACTS_READ = "crm.objects.contacts.read and crm.schemas.contacts.read"
PERMISSIONS: Mapping[str, str] = {
    "companies": "crm.objects.companies.read and crm.schemas.companies.read",
    "contacts": _CONTACTS_READ,
    "deals": _DEALS_READ,
    "line_items": "crm.objects.line_items.read",
    "calls": _CONTACTS_READ,
    "emails": "sales-email-read",
    "meetings": _CONTACTS_READ,
    "notes": _CONTACTS_READ,
    "tasks": _CONTACTS_READ,
    "products": "e-commerce",
    "goal_targets": "crm.objects.goals.read",
    "deal_history": _DEALS_READ,
    "deal_associations": _DEALS_READ,
    "owners": "crm.objects.owners.read",
    "teams": "settings.users.teams.read",
    "pipelines": _DEALS_READ,
    "pipeline_stages": _DEALS_READ,
    "exchange_rates": "multi-currency-read",
    "email_campaigns": "content",
    "email_events": "content",
    "forms": "forms",
    "form_submissions": "forms",
    "lists": "crm.lists.read",
    "list_memberships": "crm.lists.read",
    "marketing_events": "crm.objects.marketing_events.read",
}

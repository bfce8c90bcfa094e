"""Pipedrive: which objects are landed, with which fields.

A custom field is known by its name: one whose name, in snake_case, is among CUSTOM_COLUMNS fills
that column, all others go to `custom_fields` by their names.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import CUSTOM_FIELDS, Entity, columns
from ingestion.http import Rate

# An API token on the smallest plan; answers tell the account's own.
RATE = Rate(calls=20, per_seconds=2)
# Its own day is one of tokens, 10 to 40 a call; answers tell what is left.
BUDGET = DailyBudget(calls=20_000)
LIST_ROWS = 500
# Leads are listed by position: pages overlap, so that a deletion meanwhile hides none.
OVERLAP_ROWS = 25
DEAL_IDS = 100
CALLS_AT_ONCE = 4


class Connection(BaseModel):
    """The company's address, https://COMPANY.pipedrive.com, and the API token of a user."""

    model_config = ConfigDict(extra="forbid")

    base_url: str
    api_token: SecretStr


@dataclass(frozen=True)
class ListedObject:
    """An object with a list in v2 and traces of its deletion among v1's recent changes."""

    entity: Entity
    path: str
    recent_item: str
    fields_path: str | None


def _with_custom_fields(schema: pa.Schema) -> pa.Schema:
    return schema.append(pa.field(CUSTOM_FIELDS, pa.string()))


# Never a field that Pipedrive has itself: an account may name its own fields as it likes.
CUSTOM_COLUMNS = frozenset(
    {
        "industry", "segment", "employees", "annual_revenue", "region", "website", "country",
        "company", "opportunity_type", "forecast_category", "competitor", "next_step",
        "lead_status", "lead_created_at", "lead_converted_at",
    }
)  # fmt: skip
_LEAD_FIELDS = "lead_status company industry country region"
ORGANIZATIONS = Entity(
    "organizations",
    ("id",),
    _with_custom_fields(
        columns(
            text="id name owner_id address country label_ids industry segment region website",
            number="annual_revenue",
            count="employees",
            flag="is_deleted",
            instant="add_time update_time",
        )
    ),
    "Organizations.",
    "update_time",
)
PERSONS = Entity(
    "persons",
    ("id",),
    _with_custom_fields(
        columns(
            text="id name first_name last_name owner_id org_id email phone emails phones job_title"
            " label_ids",
            flag="is_deleted",
            instant="add_time update_time",
        )
    ),
    "People, those behind leads among them; email and phone are the primary ones.",
    "update_time",
)
DEALS = Entity(
    "deals",
    ("id",),
    _with_custom_fields(
        columns(
            text="id title creator_user_id owner_id person_id org_id pipeline_id stage_id status"
            " currency lost_reason origin channel channel_name channel_id source_lead_id label_ids"
            f" opportunity_type forecast_category competitor next_step {_LEAD_FIELDS}",
            number="value probability acv arr mrr",
            count="employees",
            flag="is_archived is_deleted",
            date="expected_close_date local_close_date",
            instant="add_time update_time stage_change_time archive_time close_time won_time"
            " lost_time lead_created_at lead_converted_at",
        )
    ),
    "Deals of all pipelines, archived ones too; probability from 0 to 100.",
    "update_time",
)
ACTIVITIES = Entity(
    "activities",
    ("id",),
    columns(
        text="id subject type owner_id creator_user_id deal_id lead_id person_id org_id project_id"
        " due_time duration",
        count="priority",
        flag="done busy is_deleted",
        date="due_date",
        instant="marked_as_done_time add_time update_time",
    ),
    "Calls, meetings, e-mails, tasks and an account's own types; due date and time are UTC.",
    "update_time",
)
DEAL_HISTORY = Entity(
    "deal_history",
    ("deal_id", "field_key", "changed_at", "change_number"),
    columns(
        text="deal_id field_key field_name old_value new_value actor_user_id change_source",
        count="change_number",
        instant="changed_at",
    ),
    "Every change of a deal's fields; the change number tells those of one second apart.",
    "changed_at",
    "all",
)
DEAL_PRODUCTS = Entity(
    "deal_products",
    ("id",),
    columns(
        text="id deal_id product_id name currency discount_type tax_method billing_frequency",
        number="quantity item_price discount tax sum",
        count="order_nr",
        flag="is_enabled",
        instant="add_time update_time",
    ),
    "Products attached to deals.",
    "update_time",
)
LEADS = Entity(
    "leads",
    ("id",),
    _with_custom_fields(
        columns(
            text="id title owner_id creator_id person_id organization_id source_name origin channel"
            f" channel_name channel_id source_deal_id value_currency label_ids {_LEAD_FIELDS}",
            number="value_amount",
            count="employees",
            flag="is_archived was_seen",
            date="expected_close_date",
            instant="add_time update_time lead_created_at lead_converted_at",
        )
    ),
    "Leads of the inbox and of the archive; a converted lead is gone, its deal names it.",
    "update_time",
    "latest",
)
PRODUCTS = Entity(
    "products",
    ("id",),
    _with_custom_fields(
        columns(
            text="id name code category owner_id currency prices billing_frequency",
            number="price",
            flag="is_linkable is_deleted",
            instant="add_time update_time",
        )
    ),
    "What is sold; price and currency are those of the first price.",
    memory="latest",
)
PIPELINES = Entity(
    "pipelines",
    ("id",),
    columns(
        text="id name",
        count="order_nr",
        flag="is_deleted is_deal_probability_enabled",
        instant="add_time update_time",
    ),
    "Deal pipelines.",
    memory="latest",
)
STAGES = Entity(
    "stages",
    ("id",),
    columns(
        text="id name pipeline_id",
        count="order_nr days_to_rotten",
        number="deal_probability",
        flag="is_deleted is_deal_rot_enabled",
        instant="add_time update_time",
    ),
    "Stages of deal pipelines, open ones only; probability from 0 to 100.",
    memory="latest",
)
USERS = Entity(
    "users",
    ("id",),
    columns(
        text="id name email role_id timezone_name default_currency team_id team_name manager_id",
        flag="active_flag is_deleted",
        instant="created modified",
    ),
    "People with a login, each with the first team that has them and that team's manager.",
    memory="latest",
)
TEAMS = Entity(
    "teams",
    ("id",),
    columns(text="id name description manager_id user_ids", flag="active_flag deleted_flag"),
    "Teams; members as a JSON array of user ids.",
    memory="latest",
)
GOALS = Entity(
    "goals",
    ("id",),
    columns(
        text="id title owner_id type_name pipeline_ids assignee_type assignee_id interval"
        " tracking_metric currency_id",
        number="target",
        flag="is_active",
        date="starts_on ends_on",
    ),
    "What a person, a team or the company is to win in each interval of a period.",
    memory="latest",
)
CURRENCIES = Entity(
    "currencies",
    ("id",),
    columns(text="id code name symbol", count="decimal_points", flag="active_flag is_custom_flag"),
    "Currencies of the account.",
    memory="latest",
)

LISTED = (
    ListedObject(ORGANIZATIONS, "/api/v2/organizations", "organization", "organizationFields"),
    ListedObject(PERSONS, "/api/v2/persons", "person", "personFields"),
    ListedObject(ACTIVITIES, "/api/v2/activities", "activity", None),
)
ENTITIES: tuple[Entity, ...] = (
    *(item.entity for item in LISTED),
    DEALS,
    DEAL_HISTORY,
    DEAL_PRODUCTS,
    LEADS,
    PRODUCTS,
    PIPELINES,
    STAGES,
    USERS,
    TEAMS,
    GOALS,
    CURRENCIES,
)

_SALES = "all deals, leads, organizations, persons, activities"
PERMISSIONS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "organizations", "persons", "activities", "deals", "deal_history", "leads",
            "pipelines", "stages", "currencies",
        ),
        _SALES,
    ),
    "deal_products": "products",
    "products": "products",
    "users": "all users and teams",
    "teams": "all users and teams",
    "goals": "everyone's goals",
}  # fmt: skip

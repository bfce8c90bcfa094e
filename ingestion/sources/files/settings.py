"""What an import of files can deliver: the canonical entities and what their columns refer to.

Unlike a vendor's objects these names are ours: a mapping file says which of a company's columns
becomes which of these, and staging reads them as they are.
"""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from ingestion.entity import CUSTOM_FIELDS, Entity, columns


class Connection(BaseModel):
    """Files need no login; the directory and the mapping are given to each import."""

    model_config = ConfigDict(extra="forbid")


def _entity(name: str, description: str, **by_type: str) -> Entity:
    return Entity(
        name=name,
        key=("id",),
        columns=columns(by_type),
        description=description,
        memory="latest",
    )


ENTITIES: tuple[Entity, ...] = (
    _entity(
        "stages",
        "The steps of the sales process, from the mapping's `stages`; probability in percent.",
        text="id name forecast_category",
        count="sort_order",
        number="probability",
        flag="is_closed is_won",
    ),
    _entity(
        "users",
        "People who own accounts, leads and opportunities; `manager` is a name.",
        text=f"id name email role team region manager {CUSTOM_FIELDS}",
        date="hired_on",
    ),
    _entity(
        "products",
        "What is sold; list price in company currency.",
        text=f"id name family {CUSTOM_FIELDS}",
        number="list_price",
    ),
    _entity(
        "campaigns",
        "Marketing campaigns; budget in company currency.",
        text=f"id name channel status {CUSTOM_FIELDS}",
        date="start_date end_date",
        number="budget",
    ),
    _entity(
        "accounts",
        "Companies that buy or may buy; annual revenue in company currency.",
        text=f"id name industry segment country region website owner_id {CUSTOM_FIELDS}",
        count="employees",
        number="annual_revenue",
        instant="created_at",
    ),
    _entity(
        "contacts",
        "People at accounts.",
        text=f"id account_id first_name last_name email phone title {CUSTOM_FIELDS}",
        instant="created_at",
    ),
    _entity(
        "opportunities",
        "Deals in their present state; probability in percent, amount in `currency`.",
        text="id account_id owner_id contact_id product_id campaign_id name type stage currency "
        f"forecast_category lead_source loss_reason competitor next_step {CUSTOM_FIELDS}",
        number="amount probability",
        date="close_date known_until",
        instant="created_at closed_at",
        flag="is_closed is_won",
    ),
    _entity(
        "leads",
        "People who showed interest and may become contacts and opportunities.",
        text="id first_name last_name email company title industry country region source status "
        f"owner_id campaign_id converted_opportunity_id {CUSTOM_FIELDS}",
        count="employees",
        instant="created_at converted_at",
        flag="is_converted",
    ),
    _entity(
        "stage_history",
        "One row for each time an opportunity entered a stage or its amount or close date changed.",
        text=f"id opportunity_id stage {CUSTOM_FIELDS}",
        number="amount probability",
        date="close_date",
        instant="entered_at",
    ),
    _entity(
        "activities",
        "Calls, e-mails, meetings, tasks and notes.",
        text="id type direction subject outcome owner_id account_id contact_id opportunity_id "
        f"lead_id {CUSTOM_FIELDS}",
        count="duration_seconds",
        instant="occurred_at",
    ),
    _entity(
        "content_assets",
        "What sales sends and presents: decks, one-pagers, videos, templates.",
        text="id name type status library language sales_stage version url owner_id "
        f"{CUSTOM_FIELDS}",
        instant="created_at updated_at published_at",
        date="expires_on",
    ),
    _entity(
        "content_views",
        "One row for each time someone viewed, downloaded, shared or presented an asset.",
        text="id content_asset_id action viewer_email shared_by_email account_id contact_id "
        f"opportunity_id {CUSTOM_FIELDS}",
        count="duration_seconds page_count",
        instant="viewed_at",
    ),
    _entity(
        "courses",
        "Trainings and certifications.",
        text=f"id name category format status url owner_id {CUSTOM_FIELDS}",
        count="duration_minutes",
        flag="is_mandatory",
        instant="created_at",
    ),
    _entity(
        "course_completions",
        "How far a person has got with a course; the person is known by e-mail, score in percent.",
        text=f"id course_id email status {CUSTOM_FIELDS}",
        number="score",
        flag="is_passed",
        instant="assigned_at started_at completed_at",
        date="due_on expires_on",
    ),
    _entity(
        "firmographics",
        "What a data provider knows of a company, by its domain; annual revenue in `currency`.",
        text="id domain name industry industry_code country region city ownership parent_domain "
        f"technologies currency provider {CUSTOM_FIELDS}",
        count="employees founded_year",
        number="annual_revenue",
        instant="enriched_at",
    ),
)

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "content_assets": ("name",),
    "content_views": ("content_asset_id", "viewed_at"),
    "courses": ("name",),
    "course_completions": ("course_id", "email", "status"),
    "firmographics": ("domain",),
}
"""Columns without which a row says nothing: they must be mapped, and a row without is rejected."""

REFERENCES: Mapping[str, str] = {
    "account_id": "accounts",
    "owner_id": "users",
    "contact_id": "contacts",
    "product_id": "products",
    "campaign_id": "campaigns",
    "opportunity_id": "opportunities",
    "converted_opportunity_id": "opportunities",
    "lead_id": "leads",
    "content_asset_id": "content_assets",
    "course_id": "courses",
}
"""Which entity a column's lookup may search. ENTITIES lists an entity after those it refers to."""


def entity(name: str) -> Entity:
    """The entity of that name; the mapping has been checked, so it exists."""
    return next(each for each in ENTITIES if each.name == name)


PERMISSIONS: Mapping[str, str] = {each.name: "a folder that can be read" for each in ENTITIES}

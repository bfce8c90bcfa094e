"""What each landed batch of pipedrive must be like, beside keys, versions and types."""

from collections.abc import Mapping

from ingestion.expectation import (
    CURRENCY,
    EMAIL,
    Expectation,
    between,
    matching,
    one_of,
    required,
)

EXPECTATIONS: Mapping[str, tuple[Expectation, ...]] = {
    "organizations": (
        *required("name"),
        *between("employees", "annual_revenue", low=0, severity="warn"),
    ),
    "persons": matching("email", EMAIL),
    "deals": (
        *required("pipeline_id", "stage_id", "status", "currency"),
        *one_of("status", "open", "won", "lost", "deleted", severity="error"),
        *between("probability", low=0, high=100),
        *between("value", low=0, severity="warn"),
        *matching("currency", CURRENCY, severity="error"),
    ),
    "deal_history": required("deal_id", "field_key", "changed_at"),
    "deal_products": (
        *required("deal_id", "product_id"),
        *between("item_price", "quantity", low=0, severity="warn"),
    ),
    "leads": (
        *required("owner_id", "add_time"),
        *one_of(
            "lead_status",
            "New", "Working", "Nurturing", "Qualified", "Disqualified", "Converted",
        ),
    ),
    "activities": required("type", "owner_id", "done"),
    "products": between("price", low=0, severity="warn"),
    "pipelines": required("name"),
    "stages": (
        *required("name", "pipeline_id", "order_nr"),
        *between("deal_probability", low=0, high=100),
    ),
    "users": (*required("name"), *matching("email", EMAIL)),
    "teams": required("name"),
    "goals": (
        *required("assignee_id", "target", "starts_on", "interval"),
        *one_of("interval", "weekly", "monthly", "quarterly", "yearly"),
        *between("target", low=0),
    ),
    "currencies": required("code"),
}  # fmt: skip

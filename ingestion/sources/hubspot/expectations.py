"""What each landed batch of hubspot must be like, beside keys, versions and types."""

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
    "companies": between("numberofemployees", "annualrevenue", low=0, severity="warn"),
    "contacts": (
        *matching("email", EMAIL),
        *between("numemployees", low=0, severity="warn"),
    ),
    "deals": (
        *required("pipeline", "dealstage"),
        *between("hs_deal_stage_probability", low=0, high=1),
        *between("amount", low=0, severity="warn"),
        *matching("deal_currency_code", CURRENCY, severity="error"),
    ),
    "line_items": (
        *required("deal_id", severity="warn"),
        *between("quantity", "price", "amount", low=0, severity="warn"),
        *matching("hs_line_item_currency_code", CURRENCY, severity="error"),
    ),
    "deal_associations": one_of("object_type", "companies", "contacts", severity="error"),
    "deal_history": one_of("property", "dealstage", "amount", "closedate", severity="error"),
    "pipelines": required("label"),
    "pipeline_stages": (
        *required("label", "is_closed", "is_won"),
        *between("probability", low=0, high=1),
    ),
    "owners": matching("email", EMAIL),
    "products": between("price", low=0, severity="warn"),
    "calls": between("hs_call_duration", low=0, high=86_400_000, severity="warn"),
    "email_events": (
        *required("type", "created", "recipient"),
        *one_of("type", "SENT", "DELIVERED", "OPEN", "CLICK", "BOUNCE", "STATUSCHANGE"),
    ),
    "forms": required("name"),
    "form_submissions": (*required("submitted_at"), *matching("email", EMAIL)),
    "lists": (*required("name", "object_type_id"), *between("size", low=0)),
    "list_memberships": required("joined_at"),
    "marketing_events": (
        *required("name"),
        *between("registrants", "attendees", "cancellations", "no_shows", low=0),
    ),
    "goal_targets": (
        *required("hubspot_owner_id", "hs_start_datetime", "hs_target_amount"),
        *between("hs_target_amount", low=0),
    ),
    "exchange_rates": (
        *required("from_currency_code", "to_currency_code", "effective_at"),
        *between("conversion_rate", low=1e-9),
    ),
}

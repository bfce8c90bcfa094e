"""What each landed batch of salesforce must be like, beside keys, versions and types."""

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

CATEGORIES = ("Pipeline", "Best Case", "Most Likely", "Commit", "Closed", "Omitted")

EXPECTATIONS: Mapping[str, tuple[Expectation, ...]] = {
    "accounts": between("number_of_employees", "annual_revenue", low=0, severity="warn"),
    "contacts": matching("email", EMAIL),
    "leads": (
        *required("status", "is_converted"),
        *matching("email", EMAIL),
        *between("number_of_employees", low=0, severity="warn"),
    ),
    "opportunities": (
        *required("stage_name", "is_closed", "is_won", "close_date"),
        *between("probability", low=0, high=100),
        *between("amount", low=0, severity="warn"),
        *one_of("forecast_category_name", *CATEGORIES),
        *matching("currency_iso_code", CURRENCY, severity="error"),
    ),
    "opportunity_history": (
        *required("opportunity_id", "stage_name"),
        *between("probability", low=0, high=100),
        *between("amount", low=0, severity="warn"),
    ),
    "opportunity_field_history": required("opportunity_id", "field"),
    "opportunity_competitors": required("opportunity_id"),
    "opportunity_contact_roles": required("opportunity_id", "contact_id", "is_primary"),
    "opportunity_line_items": (
        *required("opportunity_id"),
        *between("quantity", low=0, severity="warn"),
    ),
    "tasks": (
        *one_of("task_subtype", "Call", "Email", "Task", "LinkedIn"),
        *between("call_duration_in_seconds", low=0, high=86_400, severity="warn"),
    ),
    "events": between("duration_in_minutes", low=0, severity="warn"),
    "users": (*required("username"), *matching("email", EMAIL)),
    "products": between("list_price_c", low=0, severity="warn"),
    "pricebooks": required("name", "is_standard"),
    "pricebook_entries": (
        *required("pricebook2_id", "product2_id"),
        *between("unit_price", low=0, severity="warn"),
        *matching("currency_iso_code", CURRENCY, severity="error"),
    ),
    "territories": required("name", "territory2_model_id"),
    "user_territories": required("user_id", "territory2_id"),
    "object_territories": required("object_id", "territory2_id"),
    "periods": (
        *required("start_date", "end_date"),
        *one_of("type", "Month", "Quarter", "Week", "Year"),
    ),
    "forecast_types": required("developer_name", "is_active"),
    "forecast_items": (
        *required("owner_id", "period_id", "forecasting_type_id"),
        *matching("currency_iso_code", CURRENCY, severity="error"),
    ),
    "custom_field_definitions": required("type"),
    "campaigns": between("budgeted_cost", "actual_cost", low=0, severity="warn"),
    "campaign_members": required("campaign_id"),
    "quotas": (
        *required("quota_owner_id", "start_date", "quota_amount"),
        *between("quota_amount", low=0),
    ),
    "exchange_rates": (
        *required("iso_code", "start_date", "conversion_rate"),
        *between("conversion_rate", low=1e-9),
    ),
    "stages": (
        *required("master_label", "sort_order", "is_closed", "is_won"),
        *between("default_probability", low=0, high=100),
        *one_of("forecast_category_name", *CATEGORIES),
    ),
}

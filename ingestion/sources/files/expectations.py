"""What each landed batch of files must be like, beside keys, versions and types."""

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
from ingestion.sources.files.settings import REQUIRED

CATEGORIES = ("Pipeline", "Best Case", "Most Likely", "Commit", "Closed", "Omitted")

EXPECTATIONS: Mapping[str, tuple[Expectation, ...]] = {
    "stages": (
        *required("name", "sort_order", "probability", "is_closed", "is_won"),
        *between("probability", low=0, high=100),
    ),
    "users": (*required("name", severity="warn"), *matching("email", EMAIL)),
    "products": between("list_price", low=0, severity="warn"),
    "campaigns": between("budget", low=0, severity="warn"),
    "accounts": between("employees", "annual_revenue", low=0, severity="warn"),
    "contacts": matching("email", EMAIL),
    "opportunities": (
        *required("stage"),
        *required("is_closed", "is_won", "currency", severity="warn"),
        *between("probability", low=0, high=100),
        *between("amount", low=0, severity="warn"),
        *one_of("forecast_category", *CATEGORIES),
        *matching("currency", CURRENCY, severity="error"),
    ),
    "leads": (*matching("email", EMAIL), *between("employees", low=0, severity="warn")),
    "stage_history": (
        *required("opportunity_id", "stage", "entered_at", severity="warn"),
        *between("probability", low=0, high=100),
    ),
    "activities": (
        *one_of("type", "call", "email", "meeting", "task", "note"),
        *between("duration_seconds", low=0, severity="warn"),
    ),
    "content_assets": (
        *required(*REQUIRED["content_assets"]),
        *one_of("status", "draft", "published", "archived"),
    ),
    "content_views": (
        *required(*REQUIRED["content_views"]),
        *one_of("action", "view", "download", "share", "present"),
        *matching("viewer_email", EMAIL),
        *matching("shared_by_email", EMAIL),
        *between("duration_seconds", "page_count", low=0, severity="warn"),
    ),
    "courses": (
        *required(*REQUIRED["courses"]),
        *between("duration_minutes", low=0, severity="warn"),
    ),
    "course_completions": (
        *required(*REQUIRED["course_completions"]),
        *one_of("status", "assigned", "in progress", "completed", "failed", "expired"),
        *matching("email", EMAIL),
        *between("score", low=0, high=100, severity="warn"),
    ),
    "firmographics": (
        *required(*REQUIRED["firmographics"]),
        *between("employees", "annual_revenue", low=0, severity="warn"),
        *matching("currency", CURRENCY, severity="error"),
    ),
}

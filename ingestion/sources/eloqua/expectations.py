"""What each landed batch of eloqua must be like, beside keys, versions and types."""

from collections.abc import Mapping

from ingestion.expectation import EMAIL, Expectation, between, matching, one_of, required
from ingestion.sources.eloqua.settings import ACTIVITY_TYPES, BOUNCEBACK_TYPES

EXPECTATIONS: Mapping[str, tuple[Expectation, ...]] = {
    "contacts": (
        *required("created_at", "updated_at"),
        *matching("email_address", EMAIL),
    ),
    "activities": (
        *required("activity_date"),
        *one_of("activity_type", *ACTIVITY_TYPES, severity="error"),
        *between("number_of_pages", low=0, severity="warn"),
    ),
    "bouncebacks": (
        *required("activity_date"),
        *one_of("activity_type", *BOUNCEBACK_TYPES, severity="error"),
        *required("email_address", severity="warn"),
    ),
    "campaigns": (
        *required("name"),
        *one_of("current_status", "Draft", "Scheduled", "Active", "Completed"),
        *between("budgeted_cost", "actual_cost", "member_count", low=0, severity="warn"),
    ),
    "emails": (*required("name"), *matching("sender_email", EMAIL)),
    "forms": required("name"),
    "email_groups": required("name"),
}

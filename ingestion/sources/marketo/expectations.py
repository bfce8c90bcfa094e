"""What each landed batch of marketo must be like, beside keys, versions and types."""

from collections.abc import Mapping

from ingestion.expectation import EMAIL, Expectation, between, matching, one_of, required
from ingestion.sources.marketo.settings import ACTIVITY_TYPE_IDS

EXPECTATIONS: Mapping[str, tuple[Expectation, ...]] = {
    "leads": (
        *required("created_at", "updated_at"),
        *matching("email", EMAIL),
        *between("number_of_employees", low=0, severity="warn"),
    ),
    "activities": (
        *required("lead_id", "activity_type_id", "activity_date"),
        *between("activity_type_id", low=1, high=max(ACTIVITY_TYPE_IDS)),
    ),
    "deleted_leads": required("activity_date"),
    "program_members": required("status_name", "membership_date"),
    "programs": (*required("name", "channel"), *required("status", severity="warn")),
    "program_costs": required("costs"),
    "smart_campaigns": (
        *required("name", "is_active"),
        *one_of("type", "batch", "trigger", "default"),
    ),
    "emails": (*required("name"), *one_of("status", "approved", "draft")),
    "channels": required("name", "progression_statuses"),
    "activity_types": required("name"),
}

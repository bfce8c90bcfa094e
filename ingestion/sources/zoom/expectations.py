"""What each landed batch of zoom must be like, beside keys, versions and types."""

from collections.abc import Mapping

from ingestion.expectation import EMAIL, Expectation, between, matching, one_of, required

EXPECTATIONS: Mapping[str, tuple[Expectation, ...]] = {
    "users": (
        *required("email"),
        *matching("email", EMAIL),
        *one_of("status", "active", "inactive", "pending"),
    ),
    "meetings": (
        *required("host_id", "start_time", "end_time"),
        *between("duration", low=0, high=1_440, severity="warn"),
        *between("participants_count", low=1, severity="warn"),
    ),
    "participants": (
        *required("join_time", "leave_time"),
        *between("duration", low=0, high=86_400, severity="warn"),
    ),
}

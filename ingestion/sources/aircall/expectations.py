"""What each landed batch of aircall must be like, beside keys, versions and types."""

from collections.abc import Mapping

from ingestion.expectation import EMAIL, Expectation, between, matching, one_of, required

EXPECTATIONS: Mapping[str, tuple[Expectation, ...]] = {
    "calls": (
        *required("direction", "status", "started_at", "number_id"),
        *one_of("direction", "inbound", "outbound"),
        *one_of("status", "initial", "answered", "done"),
        *between("duration", low=0, high=86_400, severity="warn"),
    ),
    "users": (*required("name"), *matching("email", EMAIL)),
    "numbers": required("digits"),
    "teams": required("name"),
    "tags": required("name"),
}

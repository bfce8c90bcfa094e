"""What each landed batch of twilio must be like, beside keys, versions and types."""

from collections.abc import Mapping

from ingestion.expectation import Expectation, between, matching, one_of, required

E164 = r"^\+[1-9]\d{6,14}$"
STATUSES = (
    "queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled",
)  # fmt: skip

EXPECTATIONS: Mapping[str, tuple[Expectation, ...]] = {
    "calls": (
        *required("from", "to", "status", "direction"),
        *one_of("status", *STATUSES),
        *between("duration", low=0, high=86_400, severity="warn"),
        *between("price", high=0, severity="warn"),
    ),
    "incoming_phone_numbers": (
        *required("phone_number"),
        *matching("phone_number", E164),
    ),
}

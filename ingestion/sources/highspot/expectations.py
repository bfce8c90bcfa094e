"""What each landed batch of highspot must be like, beside keys, versions and types."""

from collections.abc import Mapping

from ingestion.expectation import EMAIL, Expectation, between, matching, one_of, required

EXPECTATIONS: Mapping[str, tuple[Expectation, ...]] = {
    "users": (*required("email"), *matching("email", EMAIL)),
    "spots": required("title"),
    "items": (*required("title"), *required("content_type", severity="warn")),
    "pitches": (
        *required("sender_email", "sent_at"),
        *matching("sender_email", EMAIL),
        *matching("recipient_email", EMAIL),
    ),
    "views": (
        *required("viewed_at"),
        *one_of("viewer_type", "External", "Internal"),
        *matching("viewer_email", EMAIL),
        *between("time_spent_seconds", low=0, high=86_400, severity="warn"),
    ),
}

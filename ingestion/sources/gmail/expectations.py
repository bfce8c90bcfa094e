"""What each landed batch of gmail must be like, beside keys, versions and types."""

from collections.abc import Mapping

from ingestion.expectation import EMAIL, Expectation, between, matching, required

EXPECTATIONS: Mapping[str, tuple[Expectation, ...]] = {
    "mailboxes": (*required("email"), *matching("email", EMAIL)),
    "messages": (
        *required("thread_id", "received_at", "is_sent"),
        *required("message_id", "from_address", severity="warn"),
        *matching("from_address", EMAIL),
        *between("size_bytes", low=0, severity="warn"),
    ),
}

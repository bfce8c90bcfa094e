"""What each landed batch of microsoft_graph must be like, beside keys, versions and types."""

from collections.abc import Mapping

from ingestion.expectation import EMAIL, Expectation, matching, one_of, required

EXPECTATIONS: Mapping[str, tuple[Expectation, ...]] = {
    "mailboxes": (*required("email"), *matching("email", EMAIL)),
    "messages": (
        *required("folder_id", "received_at", "is_sent"),
        *required("message_id", "from_address", severity="warn"),
        *matching("from_address", EMAIL),
    ),
    "meetings": (
        *required("starts_at", "ends_at", "type"),
        *one_of("type", "singleInstance", "occurrence", "exception"),
        *one_of(
            "response",
            "none",
            "organizer",
            "tentativelyAccepted",
            "accepted",
            "declined",
            "notResponded",
        ),
    ),
}

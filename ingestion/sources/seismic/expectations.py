"""What each landed batch of seismic must be like, beside keys, versions and types."""

from collections.abc import Mapping

from ingestion.expectation import EMAIL, Expectation, between, matching, required

EXPECTATIONS: Mapping[str, tuple[Expectation, ...]] = {
    "users": (*required("email"), *matching("email", EMAIL)),
    "library_contents": required("name", "type", "created_at"),
    "livesend_links": required("created_by", "created_at"),
    "livesend_link_contents": (
        *required("livesend_link_id"),
        *required("library_content_id", severity="warn"),
        *between("number_of_sessions", low=0, severity="warn"),
    ),
    "livesend_link_members": matching("email", EMAIL),
    "livesend_viewing_sessions": required("livesend_link_id", "session_started_at"),
    "livesend_content_viewing_sessions": (
        *required("livesend_link_content_id", "session_started_at"),
        *between("duration_seconds", low=0, high=86_400, severity="warn"),
    ),
    "interaction_contexts": required("interaction_id", "context_id", "context_type"),
    "content_usage_history": required("action", "user_id", "occurred_at"),
    "content_view_history": required("user_id", "occurred_at"),
}

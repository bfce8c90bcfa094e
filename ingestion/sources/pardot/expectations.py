"""What each landed batch of pardot must be like, beside keys, versions and types."""

from collections.abc import Mapping

from ingestion.expectation import EMAIL, Expectation, between, matching, one_of, required

EXPECTATIONS: Mapping[str, tuple[Expectation, ...]] = {
    "prospects": (
        *matching("email", EMAIL),
        *between("employees", low=0, severity="warn"),
    ),
    "visitors": between("page_view_count", low=0, severity="warn"),
    "visitor_activities": (
        *required("type", "created_at"),
        *between("type", low=1, severity="warn"),
    ),
    "campaigns": (*required("name"), *between("cost", low=0, severity="warn")),
    "lists": required("name"),
    "list_memberships": required("list_id", "prospect_id"),
    "forms": required("name"),
    "list_emails": required("is_sent", severity="warn"),
    "list_email_stats": between("sent", "delivered", "opens", "total_clicks", low=0),
    "opportunities": (
        *one_of("status", "Open", "Won", "Lost"),
        *between("probability", low=0, high=100, severity="warn"),
        *between("value", low=0, severity="warn"),
    ),
    "prospect_scores": required("score", severity="warn"),
}

"""What each landed batch of linkedin_ads must be like, beside keys, versions and types."""

from collections.abc import Mapping

from ingestion.expectation import (
    CURRENCY,
    Expectation,
    between,
    matching,
    one_of,
    required,
)

STATUSES = (
    "ACTIVE",
    "PAUSED",
    "ARCHIVED",
    "COMPLETED",
    "CANCELED",
    "DRAFT",
    "PENDING_DELETION",
    "REMOVED",
)

EXPECTATIONS: Mapping[str, tuple[Expectation, ...]] = {
    "accounts": (*required("name"), *matching("currency", CURRENCY, severity="error")),
    "campaign_groups": (
        *required("name"),
        *one_of("status", *STATUSES),
        *between("total_budget", low=0, severity="warn"),
    ),
    "campaigns": (
        *required("name", "campaign_group_id"),
        *one_of("status", *STATUSES),
        *between("daily_budget", "total_budget", low=0, severity="warn"),
    ),
    "creatives": (*required("campaign_id"), *one_of("intended_status", *STATUSES)),
    "campaign_daily": (
        *between("cost", "impressions", "clicks", low=0),
        *between("external_website_conversions", "one_click_leads", low=0, severity="warn"),
        *matching("currency_code", CURRENCY, severity="error"),
    ),
}

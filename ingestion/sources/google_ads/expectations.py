"""What each landed batch of google_ads must be like, beside keys, versions and types."""

from collections.abc import Mapping

from ingestion.expectation import (
    CURRENCY,
    Expectation,
    between,
    matching,
    one_of,
    required,
)

EXPECTATIONS: Mapping[str, tuple[Expectation, ...]] = {
    "campaigns": (
        *required("name"),
        *one_of("status", "ENABLED", "PAUSED", "REMOVED"),
        *between("budget_micros", low=0, severity="warn"),
    ),
    "campaign_daily": (
        *between("cost_micros", "impressions", "clicks", low=0),
        *between("conversions", low=0, severity="warn"),
        *matching("currency_code", CURRENCY, severity="error"),
    ),
}

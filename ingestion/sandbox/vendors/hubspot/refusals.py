"""What HubSpot answers on a bad day, by the fault's kind."""

from ingestion.sandbox.vendor import Reply


def refusal(kind: str, wait: str) -> Reply:
    def says(message: str, **more: str) -> dict[str, str]:
        return {
            "status": "error",
            "message": message,
            "correlationId": "00000000-0000-4000-8000-000000000000",
            **more,
        }

    return {
        "rate_limit": (
            429,
            says(
                "You have reached your ten_secondly_rolling limit.",
                errorType="RATE_LIMIT",
                policyName="TEN_SECONDLY_ROLLING",
            ),
            {"Retry-After": wait},
        ),
        "quota_exhausted": (
            429,
            says("You have reached your daily limit.", errorType="RATE_LIMIT", policyName="DAILY"),
            {"x-hubspot-ratelimit-daily-remaining": "0"},
        ),
        "token_expiry": (
            401,
            says(
                "Authentication credentials not found or expired.",
                category="EXPIRED_AUTHENTICATION",
            ),
            {},
        ),
        "server_error": (500, says("internal error", category="INTERNAL_ERROR"), {}),
        "down": (503, says("service unavailable", category="SERVICE_UNAVAILABLE"), {}),
    }[kind]

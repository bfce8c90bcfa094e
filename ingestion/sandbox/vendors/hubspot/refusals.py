"""What HubSpot answers on a bad day, by the fault's kind."""

from typing import Any

from ingestion.sandbox.vendor import Reply


def refusal(kind: str, wait: str) -> Reply:
    def says(message: str, **more: Any) -> dict[str, Any]:
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
        "permission_denied": (
            403,
            says(
                "This app hasn't been granted all required scopes to make this call. Read more "
                "about required scopes here: https://developers.hubspot.com/scopes.",
                errors=[
                    {
                        "message": "One or more of the following scopes are required.",
                        "context": {"requiredScopes": ["contacts"]},
                    }
                ],
                links={"scopes": "https://developers.hubspot.com/scopes"},
                category="MISSING_SCOPES",
            ),
            {},
        ),
        "server_error": (500, says("internal error", category="INTERNAL_ERROR"), {}),
        "down": (503, says("service unavailable", category="SERVICE_UNAVAILABLE"), {}),
    }[kind]

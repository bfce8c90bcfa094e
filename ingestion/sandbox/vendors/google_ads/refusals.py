"""What Google Ads answers on a bad day, by the fault's kind."""

from typing import Any

from ingestion.sandbox.vendor import Reply


def refusal(kind: str, wait: str) -> Reply:
    def says(code: int, status: str, message: str, details: list[Any]) -> dict[str, Any]:
        return {"error": {"code": code, "message": message, "status": status, "details": details}}

    exhausted = {
        "@type": "type.googleapis.com/google.ads.googleads.v22.errors.GoogleAdsFailure",
        "errors": [
            {
                "errorCode": {"quotaError": "RESOURCE_EXHAUSTED"},
                "message": f"Too many requests. Retry in {wait} seconds.",
                "details": {
                    "quotaErrorDetails": {
                        "rateScope": "DEVELOPER",
                        "rateName": "Number of operations for basic access",
                        "retryDelay": f"{wait}s",
                    }
                },
            }
        ],
        "requestId": "sandbox",
    }
    limited: Reply = (
        429,
        says(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted.", [exhausted]),
        {},
    )
    denied = {
        "@type": "type.googleapis.com/google.ads.googleads.v22.errors.GoogleAdsFailure",
        "errors": [
            {
                "errorCode": {"authorizationError": "USER_PERMISSION_DENIED"},
                "message": "User doesn't have permission to access customer.",
            }
        ],
        "requestId": "sandbox",
    }
    return {
        "permission_denied": (
            403,
            says(403, "PERMISSION_DENIED", "The caller does not have permission", [denied]),
            {},
        ),
        "rate_limit": limited,
        "quota_exhausted": limited,
        "server_error": (500, says(500, "INTERNAL", "Internal error encountered.", []), {}),
        "down": (503, says(503, "UNAVAILABLE", "The service is currently unavailable.", []), {}),
    }[kind]

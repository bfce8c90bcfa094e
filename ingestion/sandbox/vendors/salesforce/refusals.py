"""What Salesforce answers on a bad day, by the fault's kind."""

from ingestion.sandbox.vendor import Reply


def refusal(kind: str, wait: str) -> Reply:
    def says(code: str, message: str) -> list[dict[str, str]]:
        return [{"message": message, "errorCode": code}]

    return {
        "rate_limit": (
            429,
            says("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded."),
            {"Retry-After": wait},
        ),
        "quota_exhausted": (
            403,
            says("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
            {"Sforce-Limit-Info": "api-usage=100000/100000"},
        ),
        "permission_denied": (
            404,
            says("NOT_FOUND", "The requested resource does not exist"),
            {},
        ),
        "server_error": (500, says("UNKNOWN_EXCEPTION", "An unexpected error occurred."), {}),
        "down": (503, says("SERVER_UNAVAILABLE", "The service is temporarily unavailable."), {}),
    }[kind]

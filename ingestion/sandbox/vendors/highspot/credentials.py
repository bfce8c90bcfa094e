"""The demo credentials: fixed and public, they open the sandbox and nothing else."""

API_KEY = "sandbox-highspot-key"
API_SECRET = "sandbox-highspot-secret"
# Two reports of this account, items like any other.
PITCHES_REPORT = "5f0000000000000000000001"
VIEWS_REPORT = "5f0000000000000000000002"


def connection(base_url: str) -> dict[str, str]:
    return {
        "base_url": f"{base_url}/v1.0",
        "api_key": API_KEY,
        "api_secret": API_SECRET,
        "pitches_report_id": PITCHES_REPORT,
        "views_report_id": VIEWS_REPORT,
    }

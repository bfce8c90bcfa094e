"""The demo credentials. They are fixed and public: they open the sandbox and nothing else."""

SALESFORCE_CLIENT_ID = "sandbox-salesforce-client-id"
SALESFORCE_CLIENT_SECRET = "sandbox-salesforce-client-secret"
HUBSPOT_ACCESS_TOKEN = "sandbox-hubspot-access-token"
GOOGLE_DEVELOPER_TOKEN = "sandbox-google-ads-developer-token"
GOOGLE_CLIENT_ID = "sandbox-google-ads-client-id"
GOOGLE_CLIENT_SECRET = "sandbox-google-ads-client-secret"
GOOGLE_REFRESH_TOKEN = "sandbox-google-ads-refresh-token"
GOOGLE_CUSTOMER_ID = "8015550100"


def connections(base_url: str) -> dict[str, dict[str, str]]:
    """Connection values of each vendor, named as the sources' connection models name them."""
    return {
        "salesforce": {
            "base_url": f"{base_url}/salesforce",
            "client_id": SALESFORCE_CLIENT_ID,
            "client_secret": SALESFORCE_CLIENT_SECRET,
        },
        "hubspot": {
            "base_url": f"{base_url}/hubspot",
            "access_token": HUBSPOT_ACCESS_TOKEN,
        },
        "google_ads": {
            "base_url": f"{base_url}/google_ads",
            "developer_token": GOOGLE_DEVELOPER_TOKEN,
            "client_id": GOOGLE_CLIENT_ID,
            "client_secret": GOOGLE_CLIENT_SECRET,
            "refresh_token": GOOGLE_REFRESH_TOKEN,
            "customer_id": GOOGLE_CUSTOMER_ID,
        },
    }

"""The demo credentials: fixed and public, they open the sandbox and nothing else."""

DEVELOPER_TOKEN = "sandbox-google-ads-developer-token"
CLIENT_ID = "sandbox-google-ads-client-id"
CLIENT_SECRET = "sandbox-google-ads-client-secret"
REFRESH_TOKEN = "sandbox-google-ads-refresh-token"
CUSTOMER_ID = "8015550100"


def connection(base_url: str) -> dict[str, str]:
    return {
        "base_url": base_url,
        "developer_token": DEVELOPER_TOKEN,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "refresh_token": REFRESH_TOKEN,
        "customer_id": CUSTOMER_ID,
    }

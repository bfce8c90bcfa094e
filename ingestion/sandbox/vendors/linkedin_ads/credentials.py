"""The demo credentials: fixed and public, they open the sandbox and nothing else."""

CLIENT_ID = "sandbox-linkedin-ads-client-id"
CLIENT_SECRET = "sandbox-linkedin-ads-client-secret"
REFRESH_TOKEN = "sandbox-linkedin-ads-refresh-token"
ACCOUNT_ID = "515550100"


def connection(base_url: str) -> dict[str, str]:
    return {
        "base_url": f"{base_url}/rest",
        "token_url": f"{base_url}/oauth/v2/accessToken",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "refresh_token": REFRESH_TOKEN,
        "account_id": ACCOUNT_ID,
    }

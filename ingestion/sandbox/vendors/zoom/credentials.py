"""The demo credentials: fixed and public, they open the sandbox and nothing else."""

ACCOUNT_ID = "sandbox-zoom-account"
CLIENT_ID = "sandbox-zoom-client-id"
CLIENT_SECRET = "sandbox-zoom-client-secret"


def connection(base_url: str) -> dict[str, str]:
    return {
        "base_url": f"{base_url}/v2",
        "token_url": f"{base_url}/oauth/token",
        "account_id": ACCOUNT_ID,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }

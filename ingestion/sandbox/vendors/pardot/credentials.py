"""The demo credentials: fixed and public, they open the sandbox and nothing else."""

CLIENT_ID = "sandbox-pardot-client-id"
CLIENT_SECRET = "sandbox-pardot-client-secret"
BUSINESS_UNIT_ID = "0UvHs0000000001CAA"


def connection(base_url: str) -> dict[str, str]:
    return {
        "base_url": base_url,
        "login_url": f"{base_url}/login",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "business_unit_id": BUSINESS_UNIT_ID,
    }

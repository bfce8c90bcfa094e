"""The demo credentials: fixed and public, they open the sandbox and nothing else."""

TENANT_ID = "5a4dbf2c-0000-4000-8000-5a4dbf2c5a4d"
CLIENT_ID = "sandbox-dynamics-client-id"
CLIENT_SECRET = "sandbox-dynamics-client-secret"


def connection(base_url: str) -> dict[str, str]:
    return {
        "base_url": base_url,
        "login_url": base_url,
        "tenant_id": TENANT_ID,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }

"""The demo credentials: fixed and public, they open the sandbox and nothing else."""

TENANT_ID = "7c1e35ab-0000-4000-8000-7c1e35ab7c1e"
CLIENT_ID = "sandbox-microsoft-graph-client-id"
CLIENT_SECRET = "sandbox-microsoft-graph-client-secret"


def connection(base_url: str) -> dict[str, str]:
    return {
        "base_url": base_url,
        "login_url": base_url,
        "tenant_id": TENANT_ID,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }

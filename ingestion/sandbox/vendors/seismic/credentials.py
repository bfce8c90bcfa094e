"""The demo credentials: fixed and public, they open the sandbox and nothing else."""

TENANT = "meridia"
CLIENT_ID = "sandbox-seismic-client-id"
CLIENT_SECRET = "sandbox-seismic-client-secret"
USER_ID = "3f0f3a54-6ad8-4d5c-9a8e-0c1f6f7a2b10"


def connection(base_url: str) -> dict[str, str]:
    return {
        "base_url": base_url,
        "login_url": f"{base_url}/auth",
        "tenant_id": TENANT,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "user_id": USER_ID,
    }

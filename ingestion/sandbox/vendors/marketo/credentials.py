"""The demo credentials: fixed and public, they open the sandbox and nothing else."""

CLIENT_ID = "sandbox-marketo-client-id"
CLIENT_SECRET = "sandbox-marketo-client-secret"


def connection(base_url: str) -> dict[str, str]:
    return {"base_url": base_url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}

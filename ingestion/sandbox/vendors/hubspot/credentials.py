"""The demo credentials: fixed and public, they open the sandbox and nothing else."""

ACCESS_TOKEN = "sandbox-hubspot-access-token"


def connection(base_url: str) -> dict[str, str]:
    return {"base_url": base_url, "access_token": ACCESS_TOKEN}

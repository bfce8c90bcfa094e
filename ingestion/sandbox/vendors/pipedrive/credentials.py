"""The demo credentials: fixed and public, they open the sandbox and nothing else."""

API_TOKEN = "sandbox-pipedrive-api-token"


def connection(base_url: str) -> dict[str, str]:
    return {"base_url": base_url, "api_token": API_TOKEN}

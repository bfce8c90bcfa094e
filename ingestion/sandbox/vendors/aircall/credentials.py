"""The demo credentials: fixed and public, they open the sandbox and nothing else."""

API_ID = "sandbox-aircall-api-id"
API_TOKEN = "sandbox-aircall-api-token"


def connection(base_url: str) -> dict[str, str]:
    return {"base_url": base_url, "api_id": API_ID, "api_token": API_TOKEN}

"""The demo credentials: fixed and public, they open the sandbox and nothing else."""

ACCOUNT_SID = "AC5a9db0c80000400080000000000000aa"
AUTH_TOKEN = "sandbox-twilio-auth-token"
API_KEY_SID = "SK5a9db0c80000400080000000000000bb"
API_KEY_SECRET = "sandbox-twilio-api-key-secret"


def connection(base_url: str) -> dict[str, str]:
    return {
        "base_url": base_url,
        "account_sid": ACCOUNT_SID,
        "api_key_sid": API_KEY_SID,
        "api_key_secret": API_KEY_SECRET,
    }

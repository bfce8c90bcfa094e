"""The demo credentials: fixed and public, they open the sandbox and nothing else."""

COMPANY = "MeridiaCloud"
USERNAME = "Api.Reader"
PASSWORD = "sandbox-eloqua-password"


def connection(base_url: str) -> dict[str, str]:
    return {
        "base_url": f"{base_url}/login",
        "company": COMPANY,
        "username": USERNAME,
        "password": PASSWORD,
    }

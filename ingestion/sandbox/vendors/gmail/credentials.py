"""The demo credentials: fixed and public, they open the sandbox and nothing else."""

from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_EMAIL = "revlake@sandbox.iam.gserviceaccount.example"
ADMIN_EMAIL = "directory.admin@meridia-cloud.example"
EXPONENT = 65_537
# The two primes of the service account's key.
P = int(
    "c76584ae13e82f76f5b176bb69566f09d72bf1bd7e24c9e43637dd5020ed441b3ee60c53e068fce2a9314c4efef4"
    "1f3c2c2bb5249ccd52b1d0573a18b483b4ed7bc6a349998e2eac9bef04843fba762220b9df54ee6615bb3e0b2331"
    "5121cbd815a1ad08779275ef15959d8674ef8193f1bf31f615775786b26f4b5e8e3a1d5d",
    16,
)
Q = int(
    "b8114f5669855773767e8a7637994e86ad66c0504338dd9550c3ad51b24bcbaddf83a2f483d6076edfcb3d2ee48e"
    "571c6fc3b168baad82ab9aa686e48d989265342fef8532bafdbb40034ec6e59bcd8b0acd5bf74167bc2a6846eb43"
    "4fe4fbd5f7ae2fc52f9fb9aedf24e31f39d72b6ddc1bac9d97823e35e8e9fede6818c669",
    16,
)


@cache
def private_key() -> str:
    """The key in PEM on one line, as the file that Google hands out has it."""
    exponent = pow(EXPONENT, -1, (P - 1) * (Q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=P,
        q=Q,
        d=exponent,
        dmp1=rsa.rsa_crt_dmp1(exponent, P),
        dmq1=rsa.rsa_crt_dmq1(exponent, Q),
        iqmp=rsa.rsa_crt_iqmp(P, Q),
        public_numbers=public_numbers(),
    )
    pem = numbers.private_key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem.decode("ascii").replace("\n", "\\n")


def public_numbers() -> rsa.RSAPublicNumbers:
    return rsa.RSAPublicNumbers(EXPONENT, P * Q)


def connection(base_url: str) -> dict[str, str]:
    return {
        "base_url": base_url,
        "directory_url": base_url,
        "token_url": f"{base_url}/token",
        "client_email": CLIENT_EMAIL,
        "private_key": private_key(),
        "admin_email": ADMIN_EMAIL,
    }

"""How a vendor knows us: tokens, and how to get a new one when the old one is over."""

import base64
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from jwt.algorithms import RSAAlgorithm

TokenRequest = Callable[[str, Mapping[str, str], Mapping[str, str]], dict[str, Any]]
"""Posts a form with headers to a path, or to the URL of a login server of its own, and gives back
the JSON answer; the client's own, with its patience."""


class Auth(Protocol):
    """Adds credentials to requests. `renew` returns False when there is nothing to renew."""

    @property
    def secrets(self) -> tuple[str, ...]: ...

    def headers(self, post_form: TokenRequest) -> dict[str, str]: ...

    def renew(self, post_form: TokenRequest, *, rejected: Mapping[str, str]) -> bool: ...


@dataclass(frozen=True)
class BearerToken:
    """A token that is valid until someone withdraws it."""

    token: str

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.token,)

    def headers(self, post_form: TokenRequest) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def renew(self, post_form: TokenRequest, *, rejected: Mapping[str, str]) -> bool:
        return False


@dataclass(frozen=True)
class BasicLogin:
    """User and password, or key and secret, with every request (RFC 7617)."""

    user: str
    password: str

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.password, self._encoded)

    def headers(self, post_form: TokenRequest) -> dict[str, str]:
        return {"Authorization": f"Basic {self._encoded}"}

    def renew(self, post_form: TokenRequest, *, rejected: Mapping[str, str]) -> bool:
        return False

    @property
    def _encoded(self) -> str:
        return base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")


@dataclass(frozen=True)
class HeaderKey:
    """A key in a header of the vendor's own, valid until someone withdraws it."""

    header: str
    key: str

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.key,)

    def headers(self, post_form: TokenRequest) -> dict[str, str]:
        return {self.header: self.key}

    def renew(self, post_form: TokenRequest, *, rejected: Mapping[str, str]) -> bool:
        return False


@dataclass
class OAuthToken:
    """A short-lived token bought with a form: client credentials, a refresh token, an assertion.

    A form that must be fresh each time is a function. `login` proves who asks for it where the form
    does not. Threads share the token. When many get 401 at once only the first buys a new one: the
    others find that the token they were refused with is not the current one any more.
    """

    token_path: str
    form: Mapping[str, str] | Callable[[], Mapping[str, str]]
    extra_headers: Mapping[str, str] = field(default_factory=dict)
    secret_values: tuple[str, ...] = ()
    login: BasicLogin | None = None
    _token: str | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        known = (*self.secret_values, *(self.login.secrets if self.login else ()))
        return (*known, self._token) if self._token else known

    def headers(self, post_form: TokenRequest) -> dict[str, str]:
        with self._lock:
            if self._token is None:
                self._token = self._bought(post_form)
            return self._as_headers()

    def renew(self, post_form: TokenRequest, *, rejected: Mapping[str, str]) -> bool:
        with self._lock:
            if rejected.get("Authorization") == f"Bearer {self._token}":
                self._token = self._bought(post_form)
            return True

    def _bought(self, post_form: TokenRequest) -> str:
        login = self.login.headers(post_form) if self.login else {}
        form = self.form() if callable(self.form) else self.form
        return str(post_form(self.token_path, form, login)["access_token"])

    def _as_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}", **self.extra_headers}


JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_SECONDS = 3600


def signing_key(pem: str) -> RSAPrivateKey:
    """The private key of a text in PEM, checked, which takes some hundredths of a second.

    Anything but an RSA key raises ValueError, without showing it.
    """
    try:
        key = RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(pem)
    except (jwt.InvalidKeyError, ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the private key is no RSA key in PEM")
    return key


@dataclass(frozen=True)
class SignedAssertion:
    """The form that buys a token with a JWT signed by our private key (RFC 7523).

    `claims` says who asks for what (`iss`, `sub`, `aud`, `scope`); the times are added.
    """

    key: RSAPrivateKey = field(repr=False)
    claims: Mapping[str, str]

    def __call__(self) -> dict[str, str]:
        now = int(time.time())
        claims = {**self.claims, "iat": now, "exp": now + ASSERTION_SECONDS}
        signed = jwt.encode(claims, self.key, algorithm="RS256")
        return {"grant_type": JWT_BEARER, "assertion": signed}

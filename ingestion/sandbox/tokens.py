"""Access tokens that the sandbox issues: they expire by the company's clock or are revoked."""

import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta


class TokenBook:
    """Tokens of one vendor, in memory: a restart forgets them, as clients must cope with."""

    def __init__(self, now: Callable[[], datetime], lifetime: timedelta) -> None:
        self.lifetime = lifetime
        self._now = now
        self._expiry: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def issue(self, prefix: str) -> str:
        token = prefix + secrets.token_urlsafe(24)
        with self._lock:
            self._expiry[token] = self._now() + self.lifetime
        return token

    def is_valid(self, token: str) -> bool:
        with self._lock:
            expiry = self._expiry.get(token)
        return expiry is not None and self._now() < expiry

    def is_known(self, token: str) -> bool:
        """Whether it was issued and not revoked; it may be over."""
        with self._lock:
            return token in self._expiry

    def revoke_all(self) -> None:
        with self._lock:
            self._expiry.clear()


def bearer(authorization: str | None) -> str:
    """Token of an Authorization header, empty where there is none."""
    kind, _, token = (authorization or "").partition(" ")
    return token.strip() if kind.lower() in ("bearer", "oauth") else ""

"""Where an account lives: the login host knows, and it is asked once a run."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

from ingestion.auth import BasicLogin
from ingestion.http import (
    Patience,
    RefusedError,
    VendorClient,
    VendorError,
    Verdict,
    field_of,
)
from ingestion.sources.eloqua.settings import RATE, Connection

Answer = TypeVar("Answer")
MEANINGS = {
    413: "the account's staging area is full; it empties as exports expire",
    429: "too many calls, by whatever shares the account",
}


class Pod:
    """The account's data centre. Safe to share between threads.

    Accounts move between data centres. The old one then takes the credentials for wrong, so a
    refused call is tried once more where the login host says the account is now.
    """

    def __init__(self, connection: Connection, patience: Patience) -> None:
        self.patience = patience
        self._auth = BasicLogin(
            f"{connection.company}\\{connection.username}", connection.password.get_secret_value()
        )
        self._login = VendorClient(
            name="eloqua",
            base_url=connection.base_url,
            auth=self._auth,
            rate=RATE,
            patience=patience,
            is_error=is_stranger,
            judge=judge_login,
        )
        self._client: VendorClient | None = None
        self._lock = threading.Lock()

    def ask(self, question: Callable[[VendorClient], Answer]) -> Answer:
        """The answer to a question, asked where the account is."""
        client = self._found(None)
        try:
            return question(client)
        except RefusedError as refused:
            if refused.status != requests.codes.unauthorized:
                raise
        return question(self._found(client))

    def get_json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON answer of a GET, asked where the account is."""
        return self.ask(lambda client: client.get_json(path, params))

    def _found(self, stale: VendorClient | None) -> VendorClient:
        """The data centre's client; another than the `stale` one. Threads find it once."""
        with self._lock:
            if self._client is stale:
                self._client = VendorClient(
                    name="eloqua",
                    base_url=self._address(),
                    auth=self._auth,
                    rate=RATE,
                    patience=self.patience,
                    judge=judge,
                )
            assert self._client is not None
            return self._client

    def _address(self) -> str:
        urls = field_of(self._login.get_json("/id"), "urls", "eloqua: login")
        address = str(field_of(urls, "base", "eloqua: login"))
        if not is_same_site(address, self._login.base_url):
            raise VendorError(
                f"eloqua: the login host sends us on to {address}, which is another site than "
                f"base_url ({self._login.base_url}); credentials are not sent there"
            )
        return address


def is_same_site(address: str, other: str) -> bool:
    """Whether two addresses have the same scheme and domain, as login and data centres have."""
    one, two = urlsplit(address), urlsplit(other)
    domains = [(parts.hostname or "").split(".")[-2:] for parts in (one, two)]
    return one.scheme == two.scheme and domains[0] == domains[1]


def is_stranger(response: requests.Response) -> bool:
    """Whether the login host does not know the credentials: then it answers 200 with a sentence."""
    return isinstance(response.json(), str)


def judge_login(response: requests.Response) -> Verdict:
    if response.status_code == requests.codes.ok:
        return Verdict(
            expired_token=True,
            meaning="the credentials are not valid; check company, username and password",
        )
    return judge(response)


def judge(response: requests.Response) -> Verdict:
    """What a refusal means where the status alone does not say it."""
    return Verdict(meaning=MEANINGS.get(response.status_code))

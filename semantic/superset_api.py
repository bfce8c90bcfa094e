"""Superset's REST interface, as far as a deployment needs it.

The session is the one of superset-client, with its token handling replaced: the library's own
refresh sends the second attempt without verifying the certificate. A connection is meant to be
short-lived, one for each deployment.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import requests

PAGE_SIZE = 100
TIMEOUT_SECONDS = 120


class ApiError(Exception):
    """Superset refused a request."""

    def __init__(self, what: str, status: int, detail: str) -> None:
        super().__init__(f"{what}: HTTP {status}: {detail}")
        self.status = status


class Session(Protocol):
    """The part of a requests session that is used here."""

    def request(self, method: str, url: str, **options: Any) -> requests.Response: ...


@dataclass(frozen=True)
class Api:
    """A signed-in connection to one Superset server."""

    base_url: str
    session: Session

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """The raw response, whatever its status."""
        options.setdefault("timeout", TIMEOUT_SECONDS)
        return self.session.request(method, f"{self.base_url}/api/v1/{path}", **options)

    def call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """The JSON body of a successful response; ApiError otherwise."""
        response = self.send(method, path, **options)
        if not response.ok:
            raise ApiError(f"{method} {path}", response.status_code, _detail(response))
        body: dict[str, Any] = response.json()
        return body

    def rows(self, resource: str, *, columns: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
        """Every row of a list, page by page."""
        chosen = f",columns:!({','.join(columns)})" if columns else ""
        page = 0
        while True:
            query = f"(page:{page},page_size:{PAGE_SIZE}"
            body = self.call("GET", f"{resource}/", params={"q": f"{query}{chosen})"})
            yield from body["result"]
            page += 1
            if page * PAGE_SIZE >= body["count"]:
                return


def _detail(response: requests.Response) -> str:
    with contextlib.suppress(requests.JSONDecodeError):
        body = response.json()
        if isinstance(body, dict):
            return str(body.get("message") or body.get("errors") or body)[:2000]
    return response.text[:300]


def connect(base_url: str, username: str, password: str) -> Api:
    """Sign in. ApiError when the server refuses, requests' errors when it is not there."""
    from supersetapiclient.client import SupersetClient  # sets up logging when imported

    root = base_url.rstrip("/")
    client = SupersetClient(host=root, username=username, password=password)
    login = requests.post(
        client.login_endpoint,
        json={"username": username, "password": password, "provider": client.provider},
        timeout=TIMEOUT_SECONDS,
    )
    if not login.ok:
        raise ApiError(f"sign in to {root} as {username}", login.status_code, _detail(login))
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
    session.headers["Referer"] = f"{root}/"
    client.session = session
    api = Api(base_url=root, session=client.session)
    session.headers["X-CSRFToken"] = api.call("GET", "security/csrf_token/")["result"]
    return api

"""One HTTP client for all vendors: credentials, patience, manners, and errors a person can act on.

Transient trouble (429, 5xx, a cut connection, half an answer) is retried with growing, jittered
pauses; what the vendor says about waiting wins. The time spent on one call is bounded.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal, NoReturn, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from ingestion.auth import Auth

UNAUTHORIZED, FORBIDDEN, TOO_MANY = 401, 403, 429
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
HIDDEN = "***"


class VendorError(Exception):
    """A vendor call that cannot succeed as it is; the message is free of secrets."""


Lack = Literal["credentials", "permission"]


class RefusedError(VendorError):
    """The vendor refused the request: its status, and how its answer began, without secrets.

    `lack` is what is missing, None for requests that are refused for another reason.
    """

    def __init__(self, message: str, *, status: int, said: str, lack: Lack | None) -> None:
        super().__init__(message)
        self.status = status
        self.said = said
        self.lack = lack


class BudgetUsedUpError(VendorError):
    """No more calls for now: of the vendor's day, or of what we grant ourselves of it."""

    def __init__(self, message: str, *, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class HalfAnswerError(Exception):
    """The body ended before what it promised; asking again may help."""


class SourceDownError(VendorError):
    """The vendor stayed unreachable or unwilling for as long as the client was told to try."""


@dataclass(frozen=True)
class Rate:
    """At most `calls` calls in any `per_seconds` seconds, on average."""

    calls: float
    per_seconds: float


@dataclass(frozen=True)
class DayLeft:
    """What a vendor says is left of its day's calls (or its own units), for all tools together."""

    remaining: int
    limit: int | None = None


@dataclass(frozen=True)
class Allowance:
    """What an answer tells of the account: its rate, and what is left of its day."""

    rate: Rate | None = None
    day: DayLeft | None = None


class Meter(Protocol):
    """Counts a source's calls and ends them. One for all clients of a source, safe for threads."""

    def spend(self, *, again: bool) -> None:
        """Before each call with credentials, those that are made `again` too; raises to forbid
        it."""

    def tell(self, day: DayLeft) -> None:
        """What the vendor said is left."""

    def end_day(self, why: str, wait_seconds: float | None) -> NoReturn:
        """The vendor gives nothing more for so long, or until its day ends."""


class NoMeter:
    """For calls that nobody counts."""

    def spend(self, *, again: bool) -> None:
        """Every call is allowed."""

    def tell(self, day: DayLeft) -> None:
        """Nobody asks for it."""

    def end_day(self, why: str, wait_seconds: float | None) -> NoReturn:
        wait = timedelta(days=1) if wait_seconds is None else timedelta(seconds=wait_seconds)
        raise BudgetUsedUpError(why, until=datetime.now(UTC) + wait)


@dataclass(frozen=True)
class Patience:
    """How long to try, and who counts. `sleep` and `now` are handed in so that tests do not wait.

    Every source hands it on to all of its clients.
    """

    attempts: int = 6
    total_seconds: float = 300.0
    first_pause: float = 0.5
    longest_pause: float = 60.0
    timeout: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
    meter: Meter = field(default_factory=NoMeter)

    def pause(self, attempt: int, asked: float | None) -> float:
        """Seconds before the next attempt: the vendor's wish, else exponential with jitter."""
        if asked is not None:
            return asked + random.uniform(0, 0.25)
        ceiling = min(self.longest_pause, self.first_pause * 2.0 ** (attempt - 1))
        return random.uniform(ceiling / 2, ceiling)


@dataclass(frozen=True)
class Verdict:
    """What a vendor's body says beyond the status: try again, and after how many seconds.

    `meaning` says in words what the vendor's own code stands for and what to do about it.
    `lacks_permission` is for refusals whose status is not 403, and for logins. `day_is_over`: no
    more calls for `wait_seconds`, without them until the vendor's day ends.
    """

    transient: bool = False
    wait_seconds: float | None = None
    expired_token: bool = False
    lacks_permission: bool = False
    day_is_over: bool = False
    meaning: str | None = None


class TokenBucket:
    """Spaces calls of all threads so that a vendor's rate limit is kept rather than met."""

    def __init__(self, rate: Rate, patience: Patience) -> None:
        self.rate = rate
        self._left = max(1.0, rate.calls)
        self._patience = patience
        self._at = patience.now()
        self._lock = threading.Lock()

    def adopt(self, rate: Rate) -> None:
        """Goes over to the rate the vendor says this account has."""
        with self._lock:
            if rate != self.rate:
                self.rate = rate
                self._left = min(self._left, max(1.0, rate.calls))

    def take(self) -> None:
        with self._lock:
            now = self._patience.now()
            a_second = self.rate.calls / self.rate.per_seconds
            size = max(1.0, self.rate.calls)
            self._left = min(size, self._left + (now - self._at) * a_second)
            self._at = now
            self._left -= 1
            wait = -self._left / a_second if self._left < 0 else 0.0
        if wait:
            self._patience.sleep(wait)


def no_verdict(response: requests.Response) -> Verdict:
    """For vendors whose status codes and Retry-After say everything."""
    return Verdict()


def status_tells(response: requests.Response) -> bool:
    """For vendors whose errors all have an error status."""
    return False


def no_allowance(response: requests.Response) -> None:
    """For vendors that do not tell what an account may do."""


@dataclass
class VendorClient:
    """Calls one vendor. Safe to share between threads.

    Once a call has given up, the source counts as down for this client: other threads do not wait
    as long again for the same answer.

    `name` starts every message. `is_error` finds errors among answers with status 200, `judge`
    reads vendor signals from any error, `allowance` from any answer the account's rate and what is
    left of its day; until then `rate` holds.
    """

    name: str
    base_url: str
    auth: Auth
    rate: Rate
    patience: Patience = field(default_factory=Patience)
    judge: Callable[[requests.Response], Verdict] = no_verdict
    is_error: Callable[[requests.Response], bool] = status_tells
    allowance: Callable[[requests.Response], Allowance | Rate | None] = no_allowance
    secrets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.base_url = self.base_url.rstrip("/")
        self._bucket = TokenBucket(self.rate, self.patience)
        self._session = requests.Session()
        self._session.trust_env = False
        self._down: SourceDownError | None = None
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=16))

    def close(self) -> None:
        self._session.close()

    def get_json(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON answer of a GET; a truncated or malformed answer is asked for again.

        `path` may be an address that the vendor gave (of the next page, say), on its own host.
        """
        return self._call("GET", path, read=_json, params=params, headers=headers)

    def post_json(self, path: str, body: Any) -> Any:
        """The JSON answer of a POST; only for calls that may be repeated safely."""
        return self._call("POST", path, read=_json, json=body)

    def post_form(self, path: str, form: Mapping[str, str]) -> Any:
        """The JSON answer of a POST of a form; only for calls that may be repeated safely."""
        return self._call("POST", path, read=_json, data=dict(form))

    def patch_json(self, path: str, body: Any) -> Any:
        """The JSON answer of a PATCH."""
        return self._call("PATCH", path, read=_json, json=body)

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        read: Callable[[requests.Response], Any],
    ) -> Any:
        """What `read` makes of the answer; a HalfAnswerError it raises means: ask again."""
        return self._call("GET", path, read=read, params=params)

    def scrub(self, text: str) -> str:
        """The text without any credential of this client."""
        return scrub(text, (*self.secrets, *self.auth.secrets))

    def _call(
        self,
        method: str,
        path: str,
        *,
        read: Callable[[requests.Response], Any],
        authorised: bool = True,
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> Any:
        what = f"{self.name}: {method} {path.split('?')[0]}"
        address = self._address(path, authorised=authorised)
        started = self.patience.now()
        trouble = ""
        renewed = False
        attempt = 0
        while True:
            attempt += 1
            if self._down is not None:
                raise SourceDownError(str(self._down))
            if authorised:
                self.patience.meter.spend(again=attempt > 1)
            self._bucket.take()
            credentials = self.auth.headers(self._post_form) if authorised else {}
            asked: float | None = None
            try:
                response = self._session.request(
                    method,
                    address,
                    headers={**(headers or {}), **credentials},
                    timeout=self.patience.timeout,
                    allow_redirects=False,
                    **request,
                )
                self._heed(self.allowance(response))
                if response.status_code < 300 and not self.is_error(response):
                    return read(response)
                verdict = self.judge(response)
                expired = response.status_code == UNAUTHORIZED or verdict.expired_token
                if expired and authorised and not renewed:
                    renewed = True
                    if self.auth.renew(self._post_form, rejected=credentials):
                        continue
                trouble = f"answered {response.status_code}"
                if verdict.meaning:
                    trouble += f" ({verdict.meaning})"
                asked = verdict.wait_seconds
                if verdict.day_is_over:
                    self.patience.meter.end_day(f"{what} {trouble}", asked)
                if response.status_code not in TRANSIENT and not verdict.transient:
                    raise self._refused(what, response, verdict, authorised=authorised)
                asked = retry_after(response) if asked is None else asked
                is_quota = response.status_code == TOO_MANY
                if is_quota and asked is not None and asked > self.patience.total_seconds:
                    self.patience.meter.end_day(f"{what} {trouble}", asked)
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                trouble = "cut the connection or did not accept it"
            except requests.Timeout:
                trouble = f"gave no answer within {self.patience.timeout:g} s"
            except (requests.exceptions.JSONDecodeError, HalfAnswerError):
                trouble = "sent half an answer or no JSON"
            pause = self.patience.pause(attempt, asked)
            spent = self.patience.now() - started
            if attempt >= self.patience.attempts or spent + pause > self.patience.total_seconds:
                self._down = self._gave_up(what, trouble, attempt, spent, asked)
                raise self._down
            self.patience.sleep(pause)

    def _post_form(
        self, path: str, form: Mapping[str, str], login: Mapping[str, str]
    ) -> dict[str, Any]:
        answer = self._call(
            "POST", path, read=_json, authorised=False, headers=login, data=dict(form)
        )
        if not isinstance(answer, dict) or "access_token" not in answer:
            raise VendorError(f"{self.name}: {path} gave no access_token; check the credentials")
        return answer

    def _address(self, path: str, *, authorised: bool) -> str:
        """The address of a path; credentials go to the vendor's own host alone."""
        if not path.startswith(("https://", "http://")):
            return f"{self.base_url}/{path.lstrip('/')}"
        if authorised and urlsplit(path)[:2] != urlsplit(self.base_url)[:2]:
            raise VendorError(
                f"{self.name}: sent us on to {urlsplit(path).netloc}, which is not the host of "
                f"base_url ({urlsplit(self.base_url).netloc}); credentials are not sent there"
            )
        return path

    def _heed(self, told: Allowance | Rate | None) -> None:
        """Keeps to what the vendor told."""
        allowed = Allowance(told) if isinstance(told, Rate) else told
        if allowed is None:
            return
        if allowed.rate is not None:
            self._bucket.adopt(allowed.rate)
        if allowed.day is not None:
            self.patience.meter.tell(allowed.day)

    def _refused(
        self, what: str, response: requests.Response, verdict: Verdict, *, authorised: bool
    ) -> RefusedError:
        said = self.scrub(response.text[:500].replace("\n", " "))
        hint = verdict.meaning or {
            400: "the request does not suit this account",
            401: "the credentials are not valid; check them",
            403: "the credentials lack a permission",
            404: "the address or object does not exist; check base_url and the vendor's edition",
        }.get(response.status_code, "not something that passes by itself")
        message = f"{what} answered {response.status_code} ({hint}): {said}"
        lack: Lack | None = None
        if verdict.lacks_permission:
            lack = "permission"
        elif not authorised or response.status_code == UNAUTHORIZED or verdict.expired_token:
            lack = "credentials"
        elif response.status_code == FORBIDDEN:
            lack = "permission"
        return RefusedError(message, status=response.status_code, said=said, lack=lack)

    def _gave_up(
        self, what: str, trouble: str, attempts: int, spent: float, asked: float | None
    ) -> SourceDownError:
        times = "once" if attempts == 1 else f"{attempts} times"
        if asked is not None and asked > self.patience.total_seconds:
            advice = (
                f"the vendor asks to wait {asked:.0f} s, longer than the "
                f"{self.patience.total_seconds:g} s a call may take: a quota is used up or the "
                "service is closed for a while; the next run goes on from here"
            )
        else:
            advice = (
                "the source is down or out of reach; "
                "nothing was lost, the next run goes on from here"
            )
        return SourceDownError(self.scrub(f"{what} {trouble} {times} in {spent:.0f} s; {advice}"))


def retry_after(response: requests.Response) -> float | None:
    """Seconds from a Retry-After header (a number or a date), None without one."""
    value = response.headers.get("Retry-After")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def scrub(text: str, secrets: tuple[str, ...]) -> str:
    """Replaces every secret in a text; very short ones would blank out words and are left."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= 6:
            text = text.replace(secret, HIDDEN)
    return text


def follow(
    first: Callable[[], Any], following: Callable[[Any], Callable[[], Any] | None]
) -> Iterator[Any]:
    """Pages one after another: `following` gives the call for the next page, or None."""
    call: Callable[[], Any] | None = first
    while call is not None:
        page = call()
        yield page
        call = following(page)


def field_of(answer: Any, name: str, what: str) -> Any:
    """`answer[name]`, or an error that says which answer lacked it."""
    if not isinstance(answer, dict) or name not in answer:
        raise VendorError(f"{what}: the answer has no '{name}'; the API is not the one expected")
    return answer[name]


def _json(response: requests.Response) -> Any:
    return response.json()

"""The vendor client against a real server: patience, tokens, limits, and what its errors say."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests

from ingestion.auth import Auth, BasicLogin, BearerToken, OAuthToken
from ingestion.http import (
    BudgetUsedUpError,
    Patience,
    Rate,
    SourceDownError,
    VendorClient,
    VendorError,
    Verdict,
)
from tests.unit.scripted_server import Asked, Reply, ScriptedServer, scripted_server

SECRET = "very-secret-value"


class Time:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.at = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def now(self) -> float:
        return self.at


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


@pytest.fixture
def time() -> Time:
    return Time()


def client_of(server: ScriptedServer, time: Time, auth: Auth | None = None, **more: Any) -> Any:
    more.setdefault("rate", Rate(1000, 1))
    return VendorClient(
        name="acme",
        base_url=server.url,
        auth=auth or BearerToken(SECRET),
        patience=Patience(attempts=5, total_seconds=60, sleep=time.sleep, now=time.now),
        **more,
    )


def oauth() -> OAuthToken:
    return OAuthToken("/token", {"client_secret": SECRET}, secret_values=(SECRET,))


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_transient_answer_is_asked_for_again(
    server: ScriptedServer, time: Time, status: int
) -> None:
    server.replies.extend([Reply(status), Reply(status), Reply(200, {"ok": 1})])
    assert client_of(server, time).get_json("/deals") == {"ok": 1}
    assert len(time.slept) == 2
    assert time.slept[1] > time.slept[0] / 2


def test_cut_connection_and_half_an_answer_are_asked_for_again(
    server: ScriptedServer, time: Time
) -> None:
    server.replies.extend(
        [
            Reply(drop=True),
            Reply(200, {"results": list(range(100))}, cut=True),
            Reply(200, '{"results": [1, 2'),
            Reply(200, {"results": [1]}),
        ]
    )
    assert client_of(server, time).get_json("/deals") == {"results": [1]}


def test_vendor_decides_how_long_to_wait(server: ScriptedServer, time: Time) -> None:
    server.replies.extend([Reply(429, headers={"Retry-After": "7"}), Reply(200, {})])
    client_of(server, time).get_json("/deals")
    assert 7 <= time.slept[0] < 7.5


def test_retry_after_may_be_a_date(server: ScriptedServer, time: Time) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    server.replies.extend([Reply(503, headers={"Retry-After": later}), Reply(200, {})])
    client_of(server, time).get_json("/deals")
    assert 15 < time.slept[0] < 21


def test_body_of_the_vendor_can_say_try_again(server: ScriptedServer, time: Time) -> None:
    def judge(response: requests.Response) -> Verdict:
        return Verdict(transient=True, wait_seconds=response.json()["wait"])

    server.replies.extend([Reply(400, {"wait": 3}), Reply(200, {"ok": 1})])
    assert client_of(server, time, judge=judge).get_json("/x") == {"ok": 1}
    assert 3 <= time.slept[0] < 3.5


def in_the_body(response: requests.Response) -> Verdict:
    """Codes as some vendors put them into answers with status 200."""
    code = response.json()["code"]
    return Verdict(
        transient=code == 606,
        day_is_over=code == 607,
        expired_token=code == 602,
        meaning=f"code {code} in words",
    )


def says_error(response: requests.Response) -> bool:
    return "code" in response.json()


def test_error_with_status_200_is_treated_as_an_error(server: ScriptedServer, time: Time) -> None:
    server.replies.extend(
        [
            Reply(200, {"access_token": "token-one"}),
            Reply(200, {"code": 606}),
            Reply(200, {"code": 602}),
            Reply(200, {"access_token": "token-two"}),
            Reply(200, {"result": [1]}),
        ]
    )
    client = client_of(server, time, oauth(), judge=in_the_body, is_error=says_error)
    assert client.get_json("/leads") == {"result": [1]}
    assert len(time.slept) == 1
    assert server.asked[-1].headers["Authorization"] == "Bearer token-two"


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (603, VendorError, r"answered 200 \(code 603 in words\)"),
        (607, BudgetUsedUpError, r"answered 200 \(code 607 in words\)"),
        (606, SourceDownError, r"\(code 606 in words\) 5 times .*source is down"),
    ],
)
def test_error_with_status_200_says_what_its_code_means(
    server: ScriptedServer, time: Time, code: int, kind: type[VendorError], message: str
) -> None:
    server.otherwise = Reply(200, {"code": code})
    client = client_of(server, time, judge=in_the_body, is_error=says_error)
    with pytest.raises(kind, match=message):
        client.get_json("/leads")


def test_half_of_an_answer_that_might_be_an_error_is_asked_for_again(
    server: ScriptedServer, time: Time
) -> None:
    server.replies.extend([Reply(200, '{"code": 60'), Reply(200, {"result": []})])
    client = client_of(server, time, judge=in_the_body, is_error=says_error)
    assert client.get_json("/leads") == {"result": []}


def test_source_that_stays_down_gives_a_clear_error(server: ScriptedServer, time: Time) -> None:
    server.otherwise = Reply(503)
    with pytest.raises(SourceDownError) as caught:
        client_of(server, time).get_json("/crm/v3/objects/deals")
    assert str(caught.value).startswith("acme: GET /crm/v3/objects/deals answered 503 5 times in ")
    assert "the source is down" in str(caught.value)


def test_other_calls_do_not_wait_again_for_a_source_that_is_down(
    server: ScriptedServer, time: Time
) -> None:
    server.otherwise = Reply(503)
    client = client_of(server, time)
    for path in ("/deals", "/owners"):
        with pytest.raises(SourceDownError, match="GET /deals answered 503 5 times"):
            client.get_json(path)
    assert [asked.path for asked in server.asked] == ["/deals"] * 5


def test_quota_that_is_used_up_ends_the_call_at_once(server: ScriptedServer, time: Time) -> None:
    server.otherwise = Reply(429, headers={"Retry-After": "86400"})
    with pytest.raises(BudgetUsedUpError, match="GET /deals answered 429"):
        client_of(server, time).get_json("/deals")
    assert len(server.asked) == 1
    assert time.slept == []


def test_unreachable_host_gives_a_clear_error(server: ScriptedServer, time: Time) -> None:
    client = client_of(server, time)
    server.stop()
    with pytest.raises(SourceDownError, match="GET /deals cut the connection or did not accept it"):
        client.get_json("/deals")


def test_refused_request_is_not_repeated(server: ScriptedServer, time: Time) -> None:
    server.otherwise = Reply(404, {"message": "no such object"})
    with pytest.raises(VendorError, match=r"answered 404 .*base_url.*no such object"):
        client_of(server, time).get_json("/deals")
    assert len(server.asked) == 1


def test_expired_token_is_renewed_and_the_call_repeated(server: ScriptedServer, time: Time) -> None:
    server.replies.extend(
        [
            Reply(200, {"access_token": "token-one"}),
            Reply(200, {"page": 1}),
            Reply(401),
            Reply(200, {"access_token": "token-two"}),
            Reply(200, {"page": 2}),
        ]
    )
    client = client_of(server, time, oauth())
    assert [client.get_json("/deals")["page"] for _ in range(2)] == [1, 2]
    assert server.asked[-1].headers["Authorization"] == "Bearer token-two"


def test_token_of_another_host_is_bought_with_a_login(server: ScriptedServer, time: Time) -> None:
    login = BasicLogin("app", SECRET)
    with scripted_server() as doorkeeper:
        doorkeeper.replies.append(Reply(200, {"access_token": "fresh"}))
        server.replies.append(Reply(200, {"rows": []}))
        auth = OAuthToken(f"{doorkeeper.url}/token", {"grant_type": "account"}, login=login)
        client = client_of(server, time, auth)
        assert client.get_json("/rows") == {"rows": []}
        bought = doorkeeper.asked[0]
    assert bought.headers["Authorization"] == "Basic YXBwOnZlcnktc2VjcmV0LXZhbHVl"
    assert bought.body == "grant_type=account"
    assert server.asked[0].headers["Authorization"] == "Bearer fresh"
    shown = client.scrub(f"{SECRET} YXBwOnZlcnktc2VjcmV0LXZhbHVl fresh-token")
    assert shown == "*** *** fresh-token"


def test_token_that_is_refused_twice_is_an_error_about_credentials(
    server: ScriptedServer, time: Time
) -> None:
    def reply(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply(200, {"access_token": "token-x"})
        return Reply(401, {"message": f"bad token {asked.headers['Authorization']} {SECRET}"})

    server.otherwise = reply
    with pytest.raises(VendorError, match="credentials are not valid") as caught:
        client_of(server, time, oauth()).get_json("/deals")
    assert SECRET not in str(caught.value)
    assert "token-x" not in str(caught.value)


def test_wrong_secret_is_named_as_such_without_showing_it(
    server: ScriptedServer, time: Time
) -> None:
    server.otherwise = Reply(401, {"error": f"client_secret={SECRET} is wrong"})
    with pytest.raises(VendorError) as caught:
        client_of(server, time, oauth()).get_json("/deals")
    assert "POST /token answered 401" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_rate_limit_is_kept(server: ScriptedServer, time: Time) -> None:
    server.otherwise = Reply(200, {})
    client = client_of(server, time, rate=Rate(5, 1))
    for _ in range(25):
        client.get_json("/deals")
    assert 3.9 <= time.at <= 4.1


def test_answer_of_another_api_is_an_error_that_says_so(server: ScriptedServer, time: Time) -> None:
    server.otherwise = Reply(200, "<html>login</html>")
    with pytest.raises(SourceDownError, match="half an answer or no JSON"):
        client_of(server, time).get_json("/deals")


def test_address_of_the_next_page_is_followed_on_the_vendors_host_alone(
    server: ScriptedServer, time: Time
) -> None:
    server.otherwise = Reply(200, {"value": []})
    client = client_of(server, time)
    client.get_json(f"{server.url}/next?page=2", headers={"Prefer": "small"})
    assert (server.asked[0].path, server.asked[0].headers["Prefer"]) == ("/next", "small")
    with pytest.raises(VendorError, match=r"other\.example, which is not the host"):
        client.get_json("https://other.example/next")
    assert len(server.asked) == 1


def test_token_may_be_bought_at_another_host(server: ScriptedServer, time: Time) -> None:
    server.replies.append(Reply(200, {"access_token": "first"}))
    server.otherwise = Reply(200, [])
    login = server.url.replace("127.0.0.1", "localhost")
    token = OAuthToken(f"{login}/login/token", {"client_secret": SECRET}, secret_values=(SECRET,))
    client_of(server, time, token).get_json("/deals")
    assert [asked.path for asked in server.asked] == ["/login/token", "/deals"]

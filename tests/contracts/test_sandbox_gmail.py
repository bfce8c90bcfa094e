"""The sandbox answers as Gmail and the Directory API do: discovery documents, Google's client."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from google.api_core.client_options import ClientOptions
from google.auth.exceptions import RefreshError
from google.oauth2 import service_account
from googleapiclient.discovery import build
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.errors import HttpError

from ingestion.auth import SignedAssertion, signing_key
from ingestion.sandbox.vendors.gmail import access, credentials
from tests.contracts.api_specs import fixture, misfits, unlike
from tests.contracts.sandbox_server import Rows, Sandbox, activity, at, contact, lead, serve, user

DYN, PIPE = "dynamics", "pipedrive"
REP, MANAGER, BRAZIL = (f"user{n}@acme.example" for n in (1, 2, 4))
LEFT = at("2026-11-18 11:00")
FIXTURES = "google/test/mail/"


def mail(number: int, when: str, **values: Any) -> dict[str, Any]:
    """An e-mail that its representative logged ten minutes later."""
    logged = at(when) + timedelta(minutes=10)
    made = {"version_at": logged, "created_at": logged, "contact_n": 1, "occurred_at": at(when)}
    return activity(number, DYN, "email", when, **{**made, **values})


# Number 6 was sent with the manager in copy; 41 will be thrown away and purged.
ROWS: Rows = {
    "users": [
        user(1, DYN, manager_n=2, first_name="Jörg"),
        user(2, DYN, role="Manager"),
        user(3, "hubspot"),
        user(4, PIPE, region_name="LATAM"),
        user(4, PIPE, region_name="LATAM", version_at=LEFT, is_active=False),
    ],
    "contacts": [contact(1, DYN, "2026-01-02", first_name="翔", last_name="渡辺")],
    "leads": [lead(1, PIPE, "2026-01-02", first_name="Zoë", last_name="d'Arc")],
    "activities": [
        mail(1, "2026-11-10 09:00"),
        mail(3, "2026-11-11 09:00", direction="inbound", subject="Re: お見積りの件"),
        mail(6, "2026-11-12 09:00"),
        mail(41, "2026-10-17 09:30"),
        mail(7, "2026-11-13 09:00", owner_n=4, contact_n=None, lead_n=1, direction="inbound"),
        mail(8, "2025-11-01 09:00"),
        mail(9, "2026-11-18 10:30", direction="inbound"),
        mail(11, "2026-11-13 09:00", owner_n=3),
    ],
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(ROWS) as running:
        yield running


def asked_token(sandbox: Sandbox, **changed: str) -> httpx.Response:
    url = f"{sandbox.base_url}/gmail/token"
    granted = {"iss": credentials.CLIENT_EMAIL, "scope": access.METADATA, "sub": REP, "aud": url}
    claims = {**granted, **changed}
    form = SignedAssertion(signing_key(credentials.private_key().replace("\\n", "\n")), claims)()
    return sandbox.admin.post("/gmail/token", data=form)


def gmail(sandbox: Sandbox, person: str = REP) -> httpx.Client:
    answer = asked_token(sandbox, sub=person).raise_for_status().json()
    return httpx.Client(
        base_url=f"{sandbox.base_url}/gmail/gmail/v1/users/me",
        headers={"Authorization": f"Bearer {answer['access_token']}"},
        timeout=20,
    )


def independent(sandbox: Sandbox, api: str, version: str, scope: str, person: str) -> Any:
    """Google's own client, with its own description of the API."""
    info = {
        "client_email": credentials.CLIENT_EMAIL,
        "private_key": credentials.private_key().replace("\\n", "\n"),
        "token_uri": f"{sandbox.base_url}/gmail/token",
    }
    login = service_account.Credentials.from_service_account_info(
        info, scopes=[scope], subject=person
    )
    endpoint = ClientOptions(api_endpoint=f"{sandbox.base_url}/gmail/")
    return build(api, version, credentials=login, client_options=endpoint, static_discovery=True)


def schema(api: str, version: str, name: str) -> dict[str, Any]:
    """A type's properties in Google's description; types that are free or types of their own
    are told by their JSON kind."""
    document = httpx.Response(200, text=get_static_doc(api, version)).json()
    properties: dict[str, Any] = document["schemas"][name]["properties"]
    return {
        field: {"type": "object"} if "$ref" in each else each
        for field, each in properties.items()
        if each.get("type") != "any"
    }


def test_records_are_as_googles_description_says(sandbox: Sandbox) -> None:
    def assert_fits(record: dict[str, Any], name: str, may_miss: str = "") -> None:
        known = schema("gmail", "v1", name)
        assert set(record) <= set(known)
        assert misfits(record, known, {}, may_miss=may_miss) == []

    with gmail(sandbox) as http:
        assert_fits(http.get("/profile").json(), "Profile")
        listed = http.get("/messages", params={"maxResults": 2}).json()
        assert_fits(listed, "ListMessagesResponse")
        for each in listed["messages"]:
            found = http.get(f"/messages/{each['id']}", params={"format": "metadata"}).json()
            assert_fits(found, "Message", "raw classificationLabelValues")
            part = schema("gmail", "v1", "MessagePart")
            assert misfits(found["payload"], part, {}, may_miss="body filename partId parts") == []
        start = int((at("2026-11-12 08:00")).timestamp())
        changes = http.get("/history", params={"startHistoryId": start}).json()
        assert_fits(changes, "ListHistoryResponse", "nextPageToken")
        others = "messagesAdded messagesDeleted labelsAdded labelsRemoved"
        for record in changes["history"]:
            assert_fits(record, "History", others)


def test_answers_are_like_recorded_ones(sandbox: Sandbox) -> None:
    with gmail(sandbox) as http:
        pages = fixture(f"{FIXTURES}read/messages/1-first-page.json")
        listed = http.get("/messages", params={"maxResults": 2}).json()
        assert unlike(listed, pages) == []
        assert unlike(listed["messages"][0], pages["messages"][0]) == []
        recorded = fixture(f"{FIXTURES}read/messages/message-item.json")
        path = f"/messages/{listed['messages'][0]['id']}"
        found = http.get(path, params={"format": "metadata"}).json()
        assert unlike(found, recorded) == []
        error = fixture(f"{FIXTURES}records-by-ids/error-not-found.json")
        asked = {"format": "metadata"}
        assert http.get("/messages/19dbd733d5637396", params=asked).json() == error
        forbidden = fixture(f"{FIXTURES}forbidden.json")["error"]
        refused = http.get(path)
        assert refused.status_code == 403
        assert unlike(refused.json()["error"], forbidden) == []
        assert refused.json()["error"]["status"] == forbidden["status"]


def test_googles_client_reads_people_lists_messages_and_history(sandbox: Sandbox) -> None:
    directory = independent(
        sandbox, "admin", "directory_v1", access.DIRECTORY, credentials.ADMIN_EMAIL
    )
    users = directory.users().list(customer="my_customer", maxResults=2).execute()
    assert [each["primaryEmail"] for each in users["users"]] == [REP, MANAGER]
    more = directory.users().list_next(
        directory.users().list(customer="my_customer", maxResults=2), users
    )
    assert [each["primaryEmail"] for each in more.execute()["users"]] == [BRAZIL]
    mailbox = independent(sandbox, "gmail", "v1", access.METADATA, REP).users()
    request = mailbox.messages().list(userId="me", maxResults=2)
    seen = []
    while request is not None:
        page = request.execute()
        seen += [each["id"] for each in page.get("messages", [])]
        request = mailbox.messages().list_next(request, page)
    assert len(seen) == len(set(seen)) == 4
    newest = (
        mailbox.messages()
        .get(userId="me", id=seen[0], format="metadata", metadataHeaders=["To", "Cc"])
        .execute()
    )
    headers = {each["name"]: each["value"] for each in newest["payload"]["headers"]}
    assert headers == {
        "To": '"翔 渡辺" <contact1@acme.example>',
        "Cc": '"Ada User2" <User2@acme.example>',
    }
    since = str(int(at("2026-11-11 12:00").timestamp()))
    changes = mailbox.history().list(userId="me", startHistoryId=since).execute()["history"]
    kinds = [kind for each in changes for kind in each if kind not in ("id", "messages")]
    assert kinds == ["labelsRemoved", "messagesAdded"]
    with pytest.raises(HttpError, match="does not support 'q'"):
        mailbox.messages().list(userId="me", q="newer_than:1d").execute()
    with pytest.raises(RefreshError, match="unauthorized_client"):
        everything = "https://mail.google.com/"
        independent(sandbox, "gmail", "v1", everything, REP).users().getProfile(
            userId="me"
        ).execute()


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"iss": "other@x.example"}, 400, "invalid_grant"),
        ({"aud": "https://elsewhere.example/token"}, 400, "invalid_grant"),
        ({"sub": "nobody@acme.example"}, 400, "invalid_grant"),
        ({"scope": "https://www.googleapis.com/auth/gmail.readonly"}, 401, "unauthorized_client"),
    ],
)
def test_assertion_must_be_right(
    sandbox: Sandbox, changed: dict[str, str], status: int, error: str
) -> None:
    answer = asked_token(sandbox, **changed)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    unsigned = jwt.encode({"sub": REP}, None, algorithm="none")
    form = {"grant_type": access.JWT_BEARER, "assertion": unsigned}
    assert sandbox.admin.post("/gmail/token", data=form).status_code == 400


def test_token_is_for_one_person_and_its_scopes(sandbox: Sandbox) -> None:
    with gmail(sandbox) as http:
        other = http.get(f"{sandbox.base_url}/gmail/gmail/v1/users/{MANAGER}/profile")
        assert (other.status_code, other.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
        people = http.get(f"{sandbox.base_url}/gmail/admin/directory/v1/users")
        assert people.json()["error"]["errors"][0]["reason"] == "insufficientPermissions"
        http.headers["Authorization"] = "Bearer wrong"
        assert http.get("/profile").json()["error"]["status"] == "UNAUTHENTICATED"


def test_history_tells_labels_trash_and_purge_and_is_forgotten_after_a_week() -> None:
    with serve(ROWS) as own:
        with gmail(own) as http:
            start = int(http.get("/profile").json()["historyId"])
        own.advance(6 * 86_400)
        with gmail(own) as http:
            changes = http.get("/history", params={"startHistoryId": start}).json()
            kinds = [
                kind for each in changes["history"] for kind in each
                if kind not in ("id", "messages")
            ]  # fmt: skip
            assert kinds == ["messagesAdded", "labelsRemoved", "messagesDeleted"]
            only = {"startHistoryId": start, "historyTypes": "labelRemoved"}
            assert len(http.get("/history", params=only).json()["history"]) == 1
            assert http.get("/history", params={"startHistoryId": start}).status_code == 200
        own.advance(2 * 86_400)
        with gmail(own) as http:
            assert http.get("/history", params={"startHistoryId": start}).status_code == 404
            now = http.get("/profile").json()["historyId"]
            assert set(http.get("/history", params={"startHistoryId": now}).json()) == {"historyId"}


def test_quota_is_15000_units_a_minute_for_a_mailbox() -> None:
    now = [0.0]
    meter = access.UnitMeter(lambda: now[0])
    for _ in range(3_000):
        meter.spend(REP, 5)
    meter.spend(MANAGER, 5)
    with pytest.raises(Exception, match="rateLimitExceeded"):
        meter.spend(REP, 1)
    now[0] = 61.0
    meter.spend(REP, 5)

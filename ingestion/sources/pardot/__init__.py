"""Account Engagement (Pardot), API v5: people, what they did, and what marketing made of them.

Credentials: a Salesforce connected app with the scope `pardot_api` (client credentials) and the id
of the business unit. Deletes: the recycle bin (`deleted=all`), and once a day a sweep over the ids
of prospects, for those who were deleted for good; memberships of a prospect deleted for good stay.
Cursor: the time of change, to the second, from caches up to a minute old. Errors have codes in the
body, sometimes with status 200. Limits: five calls at once, and calls a day by edition. Scores have
no history at the vendor: they are landed once a day.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import requests

from ingestion.auth import OAuthToken
from ingestion.feed import Feed
from ingestion.http import Allowance, DayLeft, Patience, VendorClient, Verdict
from ingestion.sources.pardot import read, settings

SMALL_BODY = 4_096
DAILY_LIMIT = 122
EXPIRED_TOKEN = 184
PASSING = {
    66: "more than five calls at once",
    183: "an internal error",
    202: "the limit of a minute",
    214: "a query that took too long",
}
NOT_ALLOWED = {46, 49}
MEANINGS = {
    46: "the API user lacks a permission",
    49: "the API user has no access",
    181: "a header is missing; check business_unit_id",
    182: "a header is not valid; check business_unit_id",
    201: "the business unit is unknown or not active; check business_unit_id and base_url",
}


def build_source(
    connection: settings.Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[Feed]:
    """One feed for each entity; all share the token."""
    secret = connection.client_secret.get_secret_value()
    client = VendorClient(
        name="pardot",
        base_url=connection.base_url,
        auth=OAuthToken(
            f"{connection.login_url.rstrip('/')}/{settings.TOKEN_PATH}",
            {
                "grant_type": "client_credentials",
                "client_id": connection.client_id,
                "client_secret": secret,
            },
            extra_headers={
                "Pardot-Business-Unit-Id": connection.business_unit_id,
                "X-Return-Api-Usage": "1",
            },
            secret_values=(secret,),
        ),
        rate=settings.RATE,
        patience=patience,
        judge=judge,
        is_error=is_error,
        allowance=allowance,
    )
    for kind in settings.OBJECTS:
        yield Feed(
            kind.entity,
            partial(read.read_object, client, kind),
            complete=not kind.has_cursor,
            sweep=partial(read.read_ids, client, kind) if kind is settings.PROSPECTS else None,
        )
    yield Feed(settings.LIST_EMAIL_STATS, partial(read.read_stats, client, clock))
    yield Feed(
        settings.PROSPECT_SCORES,
        partial(read.read_scores, client, clock),
        overlap=timedelta(0),
        probe=partial(read.read_scores, client, clock, None),
    )


def is_error(response: requests.Response) -> bool:
    """Whether an answer with status 200 is an error: it has a code and a message, and no data."""
    return len(response.content) < SMALL_BODY and _code(response) is not None


def judge(response: requests.Response) -> Verdict:
    """What the code in an error's body asks for, whatever its status is."""
    code = _code(response)
    if code == DAILY_LIMIT:
        return Verdict(
            day_is_over=True,
            meaning="the calls of this day are used up",
        )
    if code == EXPIRED_TOKEN:
        return Verdict(expired_token=True)
    if code in PASSING:
        return Verdict(transient=True, meaning=PASSING[code])
    meaning = MEANINGS.get(code) if code is not None else None
    return Verdict(meaning=meaning, lacks_permission=code in NOT_ALLOWED)


def allowance(response: requests.Response) -> Allowance | None:
    """Calls of the day, all tools together: `used/limit`."""
    used, _, limit = response.headers.get("x-api-usage", "").partition("/")
    if not (used.isdigit() and limit.isdigit()):
        return None
    return Allowance(day=DayLeft(max(0, int(limit) - int(used)), int(limit)))


def _code(response: requests.Response) -> int | None:
    try:
        body: Any = response.json()
    except requests.exceptions.JSONDecodeError:
        return None
    if not isinstance(body, dict) or "message" not in body:
        return None
    code = str(body.get("code"))
    return int(code) if code.isdigit() else None

"""Seismic: people, content, LiveSend links and who viewed what, from the Reporting API v2.

Needs an application with the scope `seismic.reporting` and the id of the user it acts for. Reports
are refreshed at least once in 24 hours and carry the time at which a row was written; each run
reads what was written since 30 hours before the newest row. Deleted people, content, links'
contents and contexts are marked as such; links, their members, views and uses cannot be deleted as
far as the API tells, and what is erased there stays in the lake. The API has no pages, only a limit
on rows: a period with more is halved. Limits: 600 calls a minute for the whole tenant; an error's
text says how long to wait.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import requests

from ingestion.auth import OAuthToken
from ingestion.entity import DELETED, VERSION_AT, Page, Row
from ingestion.feed import Feed
from ingestion.http import Patience, Rate, VendorClient, VendorError, Verdict
from ingestion.sources.seismic.settings import (
    API,
    EARLIEST,
    FEW_CALLS,
    LAG,
    PAGE_ROWS,
    RATE,
    REPORTS,
    ROUND,
    SCOPE,
    SLOW_RATE,
    Connection,
    Report,
)

TRY_AGAIN = re.compile(r"try again in (\d+) second", re.IGNORECASE)
SECOND = timedelta(seconds=1)
TIME = "%Y-%m-%dT%H:%M:%SZ"


def build_source(
    connection: Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[Feed]:
    """One feed for each reporting table."""
    secret = connection.client_secret.get_secret_value()
    client = VendorClient(
        name="seismic",
        base_url=connection.base_url,
        auth=OAuthToken(
            f"{connection.login_url.rstrip('/')}/tenants/{connection.tenant_id}/connect/token",
            {
                "grant_type": "delegation",
                "client_id": connection.client_id,
                "client_secret": secret,
                "user_id": connection.user_id,
                "scope": SCOPE,
            },
            secret_values=(secret,),
        ),
        rate=RATE,
        patience=patience,
        judge=judge,
        allowance=allowance,
    )
    for report in REPORTS:
        yield Feed(report.entity, partial(read_report, client, report, clock), overlap=LAG)


def judge(response: requests.Response) -> Verdict:
    """How long to wait stands in the text of the error, in seconds."""
    asked = TRY_AGAIN.search(response.text) if response.status_code == 429 else None
    return Verdict(wait_seconds=float(asked[1])) if asked else Verdict()


def allowance(response: requests.Response) -> Rate | None:
    """A slow pace while other applications leave few of the minute's calls."""
    remaining = response.headers.get("X-Seismic-Remaining-Calls", "")
    if not remaining.isdigit():
        return None
    return SLOW_RATE if int(remaining) < FEW_CALLS else RATE


def read_report(
    client: VendorClient, report: Report, clock: Callable[[], datetime], since: datetime | None
) -> Iterator[Page]:
    """Rows written at or after `since`, period by period, in no order within one."""
    periods: list[tuple[datetime, datetime | None]] = [(since or EARLIEST, None)]
    while periods:
        start, end = periods.pop()
        middle = start + ((end or clock()) - start) / 2
        is_divisible = middle - start > 2 * SECOND
        records = _rows(client, report, start, end, limit=PAGE_ROWS if is_divisible else None)
        if is_divisible and _is_cut(len(records)):
            # Whether ends of a period belong to it is not documented: neighbours share a second.
            periods += [(middle - SECOND, end), (start, middle)]
        else:
            yield [_row(report, record) for record in records]


def _rows(
    client: VendorClient,
    report: Report,
    start: datetime,
    end: datetime | None,
    *,
    limit: int | None,
) -> list[Any]:
    params: dict[str, Any] = {"modifiedAtStartTime": start.strftime(TIME)}
    if end is not None:
        params["modifiedAtEndTime"] = end.strftime(TIME)
    if limit is not None:
        params["limit"] = limit
    headers = {"Accept": "application/json"}
    answer = client.get_json(f"{API}/{report.path}", params, headers)
    if not isinstance(answer, list):
        raise VendorError(f"seismic: {report.path} is no list; the API is not the one expected")
    return answer


def _is_cut(rows: int) -> bool:
    """Whether an answer may lack rows; the vendor's own most is undocumented, but surely round."""
    return rows >= PAGE_ROWS or (rows > 0 and rows % ROUND == 0)


def _row(report: Report, record: Any) -> Row:
    if not isinstance(record, dict):
        return record
    row = {name: record.get(camel(name)) for name in report.entity.columns.names}
    row[VERSION_AT] = record.get("modifiedAt")
    if report.is_marked:
        row[DELETED] = record.get("isDeleted")
    return row


def camel(name: str) -> str:
    """`library_content_id` as Seismic writes it: `libraryContentId`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)

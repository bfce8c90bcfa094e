"""Twilio's lists: newest first, a page's envelope, and tokens that name the last record shown."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from ingestion.sandbox.clock import parse_instant
from ingestion.sandbox.store import Store, literal
from ingestion.sandbox.vendors.twilio.refusals import error

API = "/2010-04-01"
MOST = 1_000
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def listing(
    request: Request,
    store: Store,
    *,
    path: str,
    name: str,
    order: str,
    where: list[str],
    to_json: Callable[[dict[str, Any]], dict[str, Any]],
) -> dict[str, Any]:
    """A page of table `path`, whose records Twilio calls `name`; `order` is their instant."""
    query = request.query_params
    size = _number(query.get("PageSize", "50"), "PageSize")
    if size > MOST:
        raise error(400, 20007, "Page size too large")
    page = _number(query.get("Page", "0"), "Page")
    token = query.get("PageToken", "")
    skip = 0
    if token:
        where = [*where, f"({order}, sid) < ({_place(store, path, order, token)})"]
    else:
        skip = page * size
    rows = store.fetch(
        f"select * from {store.current(path)}"
        f" where {' and '.join(['not is_removed', *where])}"
        f" order by {order} desc, sid desc limit {size + 1} offset {skip}"
    ).to_dicts()
    shown = rows[:size]
    uri = API + request.url.path.partition(API)[2]
    kept = {key: value for key, value in query.items() if key not in ("Page", "PageToken")}
    kept["PageSize"] = str(size)

    def at(number: int, **more: str) -> str:
        return f"{uri}?{urlencode({**kept, 'Page': str(number), **more})}"

    following = None
    if len(rows) > size:
        following = at(page + 1, PageToken=f"PA{shown[-1]['sid']}")
    return {
        "end": page * size + max(0, len(shown) - 1),
        "first_page_uri": at(0),
        "next_page_uri": following,
        "page": page,
        "page_size": size,
        "previous_page_uri": at(page - 1) if page else None,
        "start": page * size,
        "uri": at(page),
        name: [to_json(row) for row in shown],
    }


def time_filters(request: Request, name: str, column: str) -> list[str]:
    """Conditions for `StartTime`, `StartTime<` and `StartTime>`; both bounds are included."""
    query = request.query_params
    found = []
    if name in query:
        start = _instant(query[name], name)
        found.append(f"{column} >= {literal(start)}")
        found.append(f"{column} < {literal(start + timedelta(days=1))}")
    for sign in "<>":
        if f"{name}{sign}" in query:
            found.append(f"{column} {sign}= {literal(_instant(query[f'{name}{sign}'], name))}")
    return found


def stamp(moment: datetime | None) -> str | None:
    """RFC 2822 with a zone in digits, as Twilio writes instants."""
    return None if moment is None else moment.strftime("%a, %d %b %Y %H:%M:%S +0000")


def _instant(text: str, name: str) -> datetime:
    try:
        if DAY.fullmatch(text):
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day)
        return parse_instant(text)
    except ValueError:
        raise error(400, 20001, f"Invalid date for parameter {name}: {text}") from None


def _place(store: Store, path: str, order: str, token: str) -> str:
    """SQL of the place of a page's last record, which may be gone by now."""
    sid = token.removeprefix("PA")
    known = f"{store.versions(path)} where sid = {literal(sid)}"
    if store.fetch(f"select count(*) from {known}").item() == 0:
        raise error(400, 20001, f"Invalid page token: {token}")
    return f"(select min({order}) from {known}), {literal(sid)}"


def _number(text: str, name: str) -> int:
    if not text.isdigit() or (name == "PageSize" and text == "0"):
        raise error(400, 20001, f"Invalid parameter {name}: {text}")
    return int(text)

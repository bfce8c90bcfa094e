"""Microsoft Graph: people, mail folders, messages and events with their deltas, and batches.

One table of paths serves single calls and the parts of a batch alike.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import JsonBody, VendorError, json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.microsoft_graph import records
from ingestion.sandbox.vendors.microsoft_graph.access import NAME, check_token
from ingestion.sandbox.vendors.microsoft_graph.graph_tables import CUSTOMERS
from ingestion.sandbox.vendors.microsoft_graph.refusals import not_there, refusal, refused
from ingestion.sandbox.vendors.microsoft_graph.states import State, read_state
from ingestion.sandbox.world import World

MESSAGES, EVENTS, USERS = (f"{NAME}.{table}" for table in ("messages", "events", "users"))
VERSION = "/v1.0"
MOST_REQUESTS, MOST_OF_A_MAILBOX = 20, 4
PAGE_ROWS, LARGEST_PAGE = 10, 1_000
IMMUTABLE = 'IdType="ImmutableId"'
Row = dict[str, Any]


@dataclass(frozen=True)
class Ask:
    """One GET: `root` is the service's address, `query` the parameters, `prefer` the header."""

    root: str
    path: str
    query: dict[str, str]
    prefer: str

    @property
    def page_rows(self) -> int:
        asked = re.search(r"odata\.maxpagesize=(\d+)", self.prefer)
        wanted = asked.group(1) if asked else self.query.get("$top", str(PAGE_ROWS))
        return min(int(wanted), LARGEST_PAGE)

    @property
    def is_immutable(self) -> bool:
        return IMMUTABLE in self.prefer

    def link(self, name: str, value: str) -> str:
        return f"{self.root}{quote(self.path)}?{name}={quote(value, safe='')}"


Answer = Callable[..., Row]


def graph_routes(world: World) -> APIRouter:
    router = APIRouter(prefix=VERSION, dependencies=[Depends(check_token(world))])
    graph = Graph(world)

    @router.post("/$batch")
    def batch(request: Request, body: JsonBody) -> Response:
        return json_reply({"responses": graph.batch(_root(request), body.get("requests", []))})

    @router.get("/{path:path}")
    def single(request: Request, path: str) -> Response:
        ask = Ask(
            _root(request),
            f"/{path}",
            dict(request.query_params),
            request.headers.get("prefer", ""),
        )
        return json_reply(graph.answer(ask), headers={"Preference-Applied": ask.prefer})

    return router


class Graph:
    """Answers to single GETs."""

    def __init__(self, world: World) -> None:
        self._clock = world.clock
        self._store = world.store
        mailbox, folder = r"/users/([^/]+)", r"/mailFolders(?:/|\(')([^/')]+)(?:'\))?"
        self._routes: list[tuple[re.Pattern[str], Answer]] = [
            (re.compile(pattern), answer)
            for pattern, answer in (
                ("/users", self._users),
                (f"{mailbox}/mailFolders", self._folders),
                (f"{mailbox}{folder}", self._folder),
                (f"{mailbox}{folder}/childFolders", self._children),
                (f"{mailbox}{folder}/messages/delta", self._message_delta),
                (f"{mailbox}/messages/([^/]+)", self._message),
                (f"{mailbox}/calendarView/delta", self._event_delta),
                (f"{mailbox}/events/([^/]+)/instances", self._instances),
            )
        ]

    def answer(self, ask: Ask) -> Row:
        for pattern, answer in self._routes:
            match = pattern.fullmatch(ask.path)
            if match:
                return answer(ask, *match.groups())
        raise refused(400, "BadRequest", "Resource not found for the segment.")

    def batch(self, root: str, requests: list[Row]) -> list[Row]:
        """Of one mailbox four requests are answered; more at once are too many."""
        if not 1 <= len(requests) <= MOST_REQUESTS:
            message = f"Number of requests must be between 1 and {MOST_REQUESTS}."
            raise refused(400, "BadRequest", message)
        asked: Counter[str] = Counter()
        answers = []
        for each in requests:
            parts = urlsplit(each["url"])
            prefer = {name.lower(): value for name, value in each.get("headers", {}).items()}
            ask = Ask(
                root, unquote(parts.path), dict(parse_qsl(parts.query)), prefer.get("prefer", "")
            )
            mailbox = "/".join(parts.path.split("/")[:3])
            asked[mailbox] += 1
            status, headers = 200, {"Content-Type": "application/json"}
            try:
                if asked[mailbox] > MOST_OF_A_MAILBOX:
                    status, body, headers = refusal("rate_limit", "1")
                else:
                    body = self.answer(ask)
            except VendorError as error:
                status, body, headers = error.status, error.body, error.headers
            answers.append({"id": each["id"], "status": status, "headers": headers, "body": body})
        # Answers come in no order.
        return answers[::-1]

    def _users(self, ask: Ask) -> Row:
        after = ask.query.get("$skiptoken", "")
        size = min(int(ask.query.get("$top", "100")), 999)
        rows = self._store.fetch(
            f"select * from {self._store.current(USERS)} where id > ? order by id limit {size + 1}",
            [after],
        ).to_dicts()
        body: Row = {"@odata.context": f"{ask.root}/$metadata#users"}
        if len(rows) > size:
            more = f"&$select={ask.query['$select']}" if "$select" in ask.query else ""
            body["@odata.nextLink"] = (
                f"{ask.root}/users?$top={size}{more}&$skiptoken={rows[size - 1]['id']}"
            )
        shown = [records.user(row) for row in rows[:size]]
        body["value"] = [_selected(each, ask.query.get("$select", "")) for each in shown]
        return body

    def _mailbox(self, user: str) -> int:
        found = self._store.fetch(
            f"select user_n from {self._store.current(USERS)}"
            f" where id = {literal(user)} or lower(email) = lower({literal(user)})"
        )
        if found.is_empty():
            message = f"Resource '{user}' does not exist."
            raise refused(404, "Request_ResourceNotFound", message)
        return int(found["user_n"][0])

    def _folders(self, ask: Ask, user: str) -> Row:
        mailbox = self._mailbox(user)
        top = [name for name in records.FOLDERS if name not in records.CHILDREN]
        return self._listed(ask, [records.folder(mailbox, name) for name in top])

    def _children(self, ask: Ask, user: str, folder: str) -> Row:
        mailbox = self._mailbox(user)
        name = _folder_named(mailbox, folder)
        below = [child for child, above in records.CHILDREN.items() if above == name]
        return self._listed(ask, [records.folder(mailbox, child) for child in below])

    def _folder(self, ask: Ask, user: str, folder: str) -> Row:
        mailbox = self._mailbox(user)
        found = records.folder(mailbox, _folder_named(mailbox, folder))
        return _selected(found, ask.query.get("$select", ""))

    def _listed(self, ask: Ask, found: list[Row]) -> Row:
        start, size = int(ask.query.get("$skip", "0")), int(ask.query.get("$top", "10"))
        body: Row = {"@odata.context": f"{ask.root}/$metadata#{ask.path.strip('/')}"}
        if start + size < len(found):
            kept = {**ask.query, "$skip": str(start + size), "$top": str(size)}
            query = "&".join(f"{name}={value}" for name, value in kept.items())
            body["@odata.nextLink"] = f"{ask.root}{quote(ask.path)}?{query}"
        select = ask.query.get("$select", "")
        body["value"] = [_selected(each, select) for each in found[start : start + size]]
        return body

    def _message(self, ask: Ask, user: str, message: str) -> Row:
        mailbox = self._mailbox(user)
        now = literal(self._clock.now())
        # What was told of once is there: nothing is held back here.
        rows = self._store.fetch(
            f"select * from {MESSAGES} where _key = ? and _from <= {now}"
            f" and (_to is null or _to > {now}) and not _deleted",
            [f"{mailbox}/{message}"],
        ).to_dicts()
        if not rows or not ask.is_immutable:
            raise not_there()
        return _selected(records.message(rows[0]), ask.query.get("$select", ""))

    def _message_delta(self, ask: Ask, user: str, folder: str) -> Row:
        mailbox = self._mailbox(user)
        name = _folder_named(mailbox, folder)
        state = self._state(ask)
        self._store.current(MESSAGES)  # where a fault may hold a change back
        before = literal(_instant(state.since)) if state.since else "timestamp '1900-01-01'"
        late = ", ".join(literal(key) for key in state.late) or "''"
        now = literal(_instant(state.until))
        rows = self._store.fetch(
            f"""with
            told as (
                select * from {self._store.versions(MESSAGES)}
                where mailbox_n = {mailbox} and _from <= {now}
            ),
            changed as (
                select _key, bool_or(folder = '{name}') as was_here from told
                group by _key having max(_from) > {before} or _key in ({late})
            ),
            latest as (
                select * from told
                qualify row_number() over (partition by _key order by _from desc) = 1
            )
            select latest.* from latest join changed using (_key)
            where was_here and _key > {literal(state.after)}
                {"" if state.since else f"and folder = '{name}' and not _deleted"}
            order by _key limit {ask.page_rows + 1}"""
        ).to_dicts()
        shown = [
            _selected(records.message(row, is_immutable=ask.is_immutable), state.select)
            if row["folder"] == name and not row["_deleted"]
            else _removed(
                records.message_id({**row, "folder": name}, is_immutable=ask.is_immutable),
                "deleted" if row["_deleted"] else "changed",
            )
            for row in rows[: ask.page_rows]
        ]
        return self._page(ask, state, rows, shown, MESSAGES, mailbox)

    def _event_delta(self, ask: Ask, user: str) -> Row:
        """Singles as they are; of a series that changed, the master and what is left of it."""
        mailbox = self._mailbox(user)
        state = self._state(ask)
        self._store.current(EVENTS)  # where a fault may hold a change back
        before = literal(_instant(state.since)) if state.since else "timestamp '1900-01-01'"
        late = ", ".join(literal(key) for key in state.late) or "''"
        now = literal(_instant(state.until))
        start, end = (literal(_instant(each)) for each in state.view)
        rows = self._store.fetch(
            f"""with
            told as (
                select *, coalesce(series_id, id) as group_id
                from {self._store.versions(EVENTS)}
                where mailbox_n = {mailbox} and _from <= {now}
            ),
            changed as (
                select group_id from told where _from > {before} or _key in ({late})
                group by group_id
            ),
            latest as (
                select * from told join changed using (group_id)
                qualify row_number() over (partition by _key order by _from desc) = 1
            )
            select
                *, starts_at < {end} and ends_at > {start} as is_in_view,
                bool_or(type <> 'seriesMaster' and starts_at < {end} and ends_at > {start})
                    over (partition by group_id) as has_view
            from latest
            where _key > {literal(state.after)} and (type = 'singleInstance' or not _deleted)
            qualify if(type = 'singleInstance', {"true" if state.since else "not _deleted"}, true)
            order by _key"""
        ).to_dicts()
        kept = []
        for row in rows:
            if row["type"] == "singleInstance":
                is_shown = row["is_in_view"] and not row["_deleted"]
                if is_shown:
                    kept.append((row, records.event(row)))
                elif state.since:
                    kept.append((row, _removed(row["id"], "deleted")))
            elif row["type"] == "seriesMaster" and row["has_view"]:
                kept.append((row, records.event(row)))
            elif row["type"] == "occurrence" and row["is_in_view"]:
                kept.append((row, records.bare_occurrence(row)))
            elif row["type"] == "exception" and row["is_in_view"]:
                kept.append((row, records.event(row)))
        kept = kept[: ask.page_rows + 1]
        shown = [record for _, record in kept[: ask.page_rows]]
        return self._page(ask, state, [row for row, _ in kept], shown, EVENTS, mailbox)

    def _instances(self, ask: Ask, user: str, series: str) -> Row:
        mailbox = self._mailbox(user)
        try:
            start, end = (
                literal(_instant(ask.query[name])) for name in ("startDateTime", "endDateTime")
            )
        except (KeyError, ValueError):
            raise refused(400, "ErrorInvalidParameter", "The span is missing.") from None
        now = literal(self._clock.now())
        rows = self._store.fetch(
            f"select * from {EVENTS} where mailbox_n = {mailbox} and _from <= {now}"
            f" and (_to is null or _to > {now}) and not _deleted"
            f" and (series_id = {literal(series)} or id = {literal(series)})"
            f" order by starts_at"
        ).to_dicts()
        if not rows:
            raise not_there()
        spans = self._store.fetch(f"select {start} as first, {end} as last").row(0)
        found = [
            records.event(row)
            for row in rows
            if row["type"] != "seriesMaster"
            and row["starts_at"] < spans[1]
            and row["ends_at"] > spans[0]
        ]
        return self._listed(ask, found)

    def _state(self, ask: Ask) -> State:
        """The state that a call goes on from; the first one of a round says what it wants."""
        now = self._clock.now()
        for name in ("$skiptoken", "$deltatoken"):
            if name in ask.query:
                state = read_state(ask.query[name], now)
                return state if name == "$skiptoken" else replace(state, until=now.isoformat())
        if "calendarView" not in ask.path:
            return State(None, now.isoformat(), select=ask.query.get("$select", ""))
        if "$select" in ask.query:
            message = "The following parameters are not supported with change tracking: '$select'."
            raise refused(400, "ErrorInvalidUrlQuery", message)
        if not {"startDateTime", "endDateTime"} <= set(ask.query):
            raise refused(400, "ErrorInvalidParameter", "This request requires a time window.")
        view = (ask.query["startDateTime"], ask.query["endDateTime"])
        if (_instant(view[1]) - _instant(view[0])).days > 1_825:
            message = "The requested duration exceeds 1825 days."
            raise refused(400, "ErrorCalendarViewRangeTooBig", message)
        return State(None, now.isoformat(), view=view)

    def _page(
        self, ask: Ask, state: State, rows: list[Row], shown: list[Row], table: str, mailbox: int
    ) -> Row:
        body: Row = {"@odata.context": f"{ask.root}/$metadata#{ask.path.strip('/')}"}
        if len(rows) > ask.page_rows:
            token = replace(state, after=rows[ask.page_rows - 1]["_key"]).token()
            body["@odata.nextLink"] = ask.link("$skiptoken", token)
        else:
            held = tuple(
                key for key in self._store.held_keys(table) if key.startswith(f"{mailbox}/")
            )
            token = replace(state, since=state.until, after="", late=held).token()
            body["@odata.deltaLink"] = ask.link("$deltatoken", token)
        body["value"] = shown
        return body


def _folder_named(mailbox: int, folder: str) -> str:
    for name in records.FOLDERS:
        if folder == records.folder_id(mailbox, name) or (
            folder.lower() == name and name != CUSTOMERS
        ):
            return name
    raise not_there()


def _removed(record_id: str, reason: str) -> Row:
    return {"id": record_id, "@removed": {"reason": reason}}


def _selected(record: Row, select: str) -> Row:
    """The properties asked for; id and etag come always."""
    if not select:
        return record
    wanted = {"@odata.etag", "@odata.type", "id", *select.split(",")}
    return {name: value for name, value in record.items() if name in wanted}


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace(" ", "+"))
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def _root(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/{NAME}{VERSION}"

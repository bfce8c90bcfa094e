"""Meetings: the view of every calendar by its delta link, and each time of its series."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from ingestion.entity import DELETED, Page, Row
from ingestion.feed import Bookmark
from ingestion.http import field_of
from ingestion.parallel import side_by_side
from ingestion.sources.microsoft_graph.access import first_look, nothing_readable
from ingestion.sources.microsoft_graph.directory import Directory, Person
from ingestion.sources.microsoft_graph.graph import (
    DELTA,
    GONE,
    NOT_OURS,
    NOT_THERE,
    OK,
    Answer,
    Graph,
    Record,
    Request,
    path,
)
from ingestion.sources.microsoft_graph.rows import meeting_row, tombstone
from ingestion.sources.microsoft_graph.settings import (
    EVENT_FIELDS,
    LONGEST_VIEW,
    MEETINGS,
    VIEW_AFTER,
    VIEW_BEFORE,
    VIEW_LEFT,
    WORKERS,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class View:
    """How far a calendar has been read: the span of its view, its link, the series in it."""

    since: str
    until: str
    link: str = ""
    series: tuple[str, ...] = ()


@dataclass
class Found:
    """What a calendar brought. `series` changed or are gone: all of them that is left has come."""

    view: View
    is_whole: bool
    rows: list[Any] = field(default_factory=list)
    series: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class MeetingReader:
    graph: Graph
    directory: Directory
    clock: Callable[[], datetime]

    def read(self, bookmark: Bookmark) -> Iterator[Page]:
        """News of all calendars; the bookmark holds their views by mailbox."""
        held = {
            each: View(**{**view, "series": tuple(view["series"])})
            for each, view in json.loads(bookmark.token or "{}").items()
        }
        people = self.directory.people()
        views = {person.id: self._span(held.get(person.id)) for person in people}
        firsts = self.graph.many(
            Request(person.id, person.id, held[person.id].link)
            for person in people
            if held.get(person.id) == views[person.id]
        )
        reads = (
            partial(self._calendar, person, views[person.id], held.get(person.id), firsts)
            for person in people
        )
        readable = 0
        for person, news in zip(people, side_by_side(reads, workers=WORKERS), strict=True):
            if news is None:
                logger.info("microsoft_graph: the calendar of %s is not ours", person.email)
                continue
            readable += 1
            if bookmark.token is not None:
                if news.is_whole:
                    bookmark.restart(mailbox_id=person.id)
                else:
                    for series in news.series:
                        bookmark.restart(mailbox_id=person.id, series_master_id=series)
            held[person.id] = news.view
            yield news.rows
        if people and not readable:
            raise nothing_readable(MEETINGS, len(people))
        bookmark.token = json.dumps({each: asdict(view) for each, view in held.items()})

    def probe(self) -> Iterator[Page]:
        """Opens the view of some calendars."""
        view = self._span(None)
        return first_look(self.graph, self.directory, MEETINGS, lambda each: _view_of(each, view))

    def _calendar(
        self, person: Person, view: View, held: View | None, firsts: dict[str, Answer[str]]
    ) -> Found | None:
        """What a calendar brings; None where it is not ours to read."""
        first = firsts.get(person.id)
        opened = None
        if first is None or first.status == GONE:
            opened = self._open(person, view)
        if first is None and held is not None:
            # After the new view was opened, so that what is deleted in between shows in one.
            first = self._ask(person, held.link)
        answers = [answer for answer in (first, opened) if answer and answer.status != GONE]
        for answer in answers:
            if answer.status in NOT_OURS:
                return None
            if answer.status != OK:
                raise answer.failure(f"the calendar of {person.email}")
        news = Found(view, is_whole=first is None or first.status == GONE)
        records: list[Any] = []
        # What the new view shows is there, even where it left the old one.
        links = [self._take(answer.body, records) for answer in answers]
        known = set(held.series) if held and not news.is_whole else set()
        self._digest(person, news, records, known)
        news.view = replace(view, link=links[-1], series=tuple(sorted(known)))
        return news

    def _open(self, person: Person, view: View) -> Answer[str]:
        return self._ask(person, _view_of(person, view))

    def _ask(self, person: Person, url: str) -> Answer[str]:
        return self.graph.many([Request(person.id, person.id, url)])[person.id]

    def _take(self, first: Record, records: list[Any]) -> str:
        """Adds the records of a round; gives the link for the next one."""
        link = ""
        for page in self.graph.pages(first):
            records += field_of(page, "value", "microsoft_graph: events")
            link = page.get(DELTA, link)
        return link

    def _digest(self, person: Person, news: Found, records: list[Any], known: set[str]) -> None:
        """Rows of single meetings, and of each series that changed all its times."""
        singles: dict[Any, Any] = {}
        changed: set[str] = set()
        for number, record in enumerate(records):
            if not isinstance(record, dict) or not isinstance(record.get("id"), str):
                singles[number] = record  # to be set aside
            elif "@removed" in record and record["id"] not in known:
                singles[record["id"]] = tombstone(person.id, record["id"], self.clock())
            elif "@removed" in record or record.get("type") == "seriesMaster":
                changed.add(record["id"])
            elif record.get("seriesMasterId"):
                changed.add(record["seriesMasterId"])
            else:
                singles[record["id"]] = self._row(person, record)
        times = self._times(person, news.view, changed)
        left = {series for series in changed if times[series]}
        known.difference_update(changed)
        known.update(left)
        news.series = sorted(changed)
        instances = {row["id"]: row for series in left for row in times[series]}
        news.rows = [*singles.values(), *instances.values()]

    def _times(self, person: Person, view: View, series: set[str]) -> dict[str, list[Row]]:
        """Rows by series: a delta tells little of each time, and not which are gone."""
        found = self.graph.many(
            Request(
                each,
                person.id,
                path(
                    f"/users/{person.id}/events/{quote(each, safe='')}/instances",
                    startDateTime=view.since,
                    endDateTime=view.until,
                    select=EVENT_FIELDS,
                    top="100",
                ),
            )
            for each in sorted(series)
        )
        times: dict[str, list[Row]] = {}
        for each, answer in found.items():
            if answer.status not in (OK, NOT_THERE):
                raise answer.failure(f"a series of {person.email}")
            pages = self.graph.pages(answer.body) if answer.status == OK else ()
            times[each] = [
                self._row(person, record)
                for page in pages
                for record in field_of(page, "value", "microsoft_graph: instances")
            ]
        return times

    def _span(self, held: View | None) -> View:
        """The view to read: as before, or a new one if there is none or its end comes near."""
        now = self.clock().astimezone(UTC).replace(microsecond=0)
        if held and datetime.fromisoformat(held.until) - now > VIEW_LEFT:
            return held
        until = now + VIEW_AFTER
        since = datetime.fromisoformat(held.since) if held else now - VIEW_BEFORE
        since = max(since, until - LONGEST_VIEW)
        return View(_text(since), _text(until))

    def _row(self, person: Person, event: Record) -> Row:
        return {
            **meeting_row(event), "mailbox_id": person.id, "mailbox_email": person.email,
            DELETED: event.get("isDraft") is True,
        }  # fmt: skip


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _view_of(person: Person, view: View) -> str:
    start = f"/users/{person.id}/calendarView/delta"
    return path(start, startDateTime=view.since, endDateTime=view.until)

"""Reading one Dataverse table: by delta link, by time of change, or its ids alone."""

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ingestion.entity import CUSTOM_FIELDS, DELETED, VERSION_AT, Page, Row
from ingestion.feed import Bookmark
from ingestion.http import RefusedError, VendorClient, field_of
from ingestion.sources.dynamics.environment import Environment
from ingestion.sources.dynamics.settings import API, PAGE_ROWS, PARTIES_A_CALL, Table

logger = logging.getLogger(__name__)

FORMATTED = "OData.Community.Display.V1.FormattedValue"
LOOKUP_TYPE = "Microsoft.Dynamics.CRM.lookuplogicalname"
PREFER = f'odata.include-annotations="{FORMATTED},{LOOKUP_TYPE}",odata.maxpagesize={PAGE_ROWS}'
TRACKED = f"{PREFER},odata.track-changes"
# Expired and invalid version stamps.
TOKEN_IS_OVER = ("0x80044352", "0x80044353")
MARGIN = timedelta(hours=1)


def pages(
    client: VendorClient, path: str, params: dict[str, str] | None, prefer: str = PREFER
) -> Iterator[dict[str, Any]]:
    """The answers of a query, page by page."""
    answer = client.get_json(path, params, {"Prefer": prefer})
    while True:
        yield answer
        if "@odata.nextLink" not in answer:
            return
        answer = client.get_json(answer["@odata.nextLink"], headers={"Prefer": prefer})


def records(answer: dict[str, Any], what: str) -> list[Any]:
    found: list[Any] = field_of(answer, "value", f"dynamics: {what}")
    return found


class Reader:
    """Reads one table of one environment that has it."""

    def __init__(
        self,
        client: VendorClient,
        table: Table,
        environment: Environment,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._table = table
        self._environment = environment
        self._clock = clock

    def read_on(self, bookmark: Bookmark) -> Iterator[Page]:
        """What changed since the delta link, or everything when there is none that still holds."""
        for answer in self._tracked_pages(bookmark):
            yield self._rows(answer)
            if "@odata.deltaLink" in answer:
                link = {"link": answer["@odata.deltaLink"], "at": self._clock().isoformat()}
                bookmark.token = json.dumps(link)

    def read_changed(self, since: datetime | None) -> Iterator[Page]:
        params = {"$select": self._select}
        if since is not None:
            params["$filter"] = f"modifiedon ge {since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        for answer in pages(self._client, self._path, params):
            yield self._rows(answer)

    def read_ids(self) -> Iterator[list[Row]]:
        """The id of every record there is."""
        primary_id = self._table.primary_id
        for answer in pages(self._client, self._path, {"$select": primary_id}):
            yield [{"id": each.get(primary_id)} for each in records(answer, self._table.name)]

    def _tracked_pages(self, bookmark: Bookmark) -> Iterator[dict[str, Any]]:
        link = self._valid_link(bookmark.token)
        if link is not None:
            try:
                first = self._client.get_json(link, headers={"Prefer": TRACKED})
            except RefusedError as refused:
                if not any(code in refused.said for code in TOKEN_IS_OVER):
                    raise
            else:
                yield first
                if "@odata.nextLink" in first:
                    yield from pages(self._client, first["@odata.nextLink"], None, TRACKED)
                return
        if bookmark.token is not None:
            logger.info("dynamics: %s is read anew: its delta link is over", self._table.name)
            bookmark.restart()
        yield from pages(self._client, self._path, {"$select": self._select}, TRACKED)

    def _valid_link(self, token: str | None) -> str | None:
        """The delta link, unless it is too old or asks for other columns than there are now."""
        if token is None:
            return None
        held = json.loads(token)
        age = self._clock() - datetime.fromisoformat(held["at"])
        link: str = held["link"]
        asked = parse_qs(urlsplit(link).query).get("$select", [""])[0]
        is_valid = age < self._environment.remembers - MARGIN and asked == self._select
        return link if is_valid else None

    @property
    def _path(self) -> str:
        return f"{API}/{self._environment.tables[self._table.name].entity_set}"

    @property
    def _select(self) -> str:
        """What to ask for: our columns as far as they are there, and the company's own."""
        table, described = self._table, self._environment.tables[self._table.name]
        names = [
            table.json_name(each)
            for each in table.attributes.values()
            if each in described.attributes
        ]
        if table.has_custom_fields:
            names += [name for name in described.custom.values() if name not in names]
        return ",".join(names)

    def _rows(self, answer: dict[str, Any]) -> Page:
        rows = [self._row(record) for record in records(answer, self._table.name)]
        return self._with_parties(rows) if self._table.has_parties else rows

    def _row(self, record: Any) -> Any:
        if not isinstance(record, dict):
            return record
        if "$deletedEntity" in record.get("@odata.context", ""):
            return {"id": record.get("id"), VERSION_AT: self._clock(), DELETED: True}
        table = self._table
        row: Row = {
            column: record.get(table.json_name(each)) for column, each in table.attributes.items()
        }
        for column, each in table.labels.items():
            row[column] = record.get(f"{table.json_name(each)}@{FORMATTED}")
        for column, each in table.types.items():
            row[column] = record.get(f"{table.json_name(each)}@{LOOKUP_TYPE}")
        row[VERSION_AT] = record.get("modifiedon") if table.entity.cursor else self._clock()
        row[DELETED] = record.get("merged") is True
        if table.has_custom_fields:
            row[CUSTOM_FIELDS] = self._custom_json(record)
        return row

    def _custom_json(self, record: dict[str, Any]) -> str | None:
        """The company's own columns that are not ours already; choices by their label."""
        custom = self._environment.tables[self._table.name].custom
        filled = {
            name: record.get(f"{shown}@{FORMATTED}", record[shown])
            for name, shown in custom.items()
            if name not in self._table.attributes.values() and record.get(shown) is not None
        }
        return json.dumps(filled, sort_keys=True) if filled else None

    def _with_parties(self, rows: list[Any]) -> list[Any]:
        """Adds who took part; change tracking cannot bring that along, so it is asked for many
        activities at once."""
        alive = [row for row in rows if isinstance(row, dict) and not row[DELETED]]
        known = [row for row in alive if isinstance(row["id"], str)]
        for start in range(0, len(known), PARTIES_A_CALL):
            some = known[start : start + PARTIES_A_CALL]
            parties = self._parties([row["id"] for row in some])
            for row in some:
                found = sorted(parties.get(row["id"], []), key=json.dumps)
                row["parties"] = json.dumps(found) if found else None
                for kind in ("contact", "lead"):
                    row[f"{kind}_id"] = next(
                        (party["id"] for party in found if party["type"] == kind), None
                    )
        return rows

    def _parties(self, ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        among = ",".join(f"'{each}'" for each in ids)
        params = {
            "$select": "_activityid_value,_partyid_value,participationtypemask",
            "$filter": "Microsoft.Dynamics.CRM.In(PropertyName='activityid',"
            f"PropertyValues=[{among}])",
        }
        found: dict[str, list[dict[str, Any]]] = {}
        for answer in pages(self._client, f"{API}/activityparties", params):
            for party in records(answer, "activity parties"):
                if party.get("_partyid_value"):
                    found.setdefault(party["_activityid_value"], []).append(
                        {
                            "id": party["_partyid_value"],
                            "type": party.get(f"_partyid_value@{LOOKUP_TYPE}"),
                            "role": party.get("participationtypemask"),
                        }
                    )
        return found

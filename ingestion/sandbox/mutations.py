"""Damage to a page of records, in any vendor's JSON or CSV: what connectors must survive.

Each function changes parsed records in place and tells whether it found something to change.
"""

import copy
import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

Record = dict[str, Any]
NUMBER = re.compile(r"-?\d+(\.\d+)?")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?")
SKIPPED = {"attributes", "associations", "propertiesWithHistory"}
CURSORS = {
    "systemmodstamp", "lastmodifieddate", "createddate", "createdat", "updatedat", "createdate",
    "hs_lastmodifieddate", "hs_createdate", "created", "modifiedon", "createdon",
    "add_time", "update_time",
}  # fmt: skip
BROKEN_TEXT = "n/a"
# Names the list of records in replies that are nothing but this list.
WHOLE_REPLY = ""


@dataclass
class Page:
    """Records of a reply and the way back to its bytes; `blank` is a missing value."""

    records: list[Record]
    blank: str | None
    shape: str
    to_bytes: Callable[[], bytes]


def read_page(content_type: str, body: bytes, lists: tuple[str, ...]) -> Page | None:
    """Records of a CSV reply or of the first of these `lists` in a JSON reply, None without any."""
    if content_type.startswith("text/csv"):
        return _read_csv(body)
    if not content_type.startswith("application/json") or not body:
        return None
    document = orjson.loads(body)
    for part, place in _parts(document, lists):
        for name in lists:
            records = part.get(name) if isinstance(part, dict) else None
            if isinstance(records, list) and records and isinstance(records[0], dict):
                shape = type_of(records[0]) or f"{name}{place}"
                return Page(records, None, shape, lambda: orjson.dumps(document))
    return None


def _parts(document: Any, lists: tuple[str, ...]) -> Iterator[tuple[Any, str]]:
    """What a reply consists of; of a batch each answer, and which list that one is of."""
    if isinstance(document, list) and WHOLE_REPLY in lists:
        yield {WHOLE_REPLY: document}, ""
        return
    for part in document if isinstance(document, list) else [document]:
        yield part, ""
        answers = part.get("responses") if isinstance(part, dict) else None
        for answer in answers if isinstance(answers, list) else ():
            body = answer.get("body") if isinstance(answer, dict) else None
            if isinstance(body, dict):
                yield body, str(body.get("@odata.context", ""))


def type_of(record: Record) -> str:
    """The type that a record says it has in `attributes`, empty where it says none."""
    attributes = record.get("attributes")
    return str(attributes.get("type", "")) if isinstance(attributes, dict) else ""


def _read_csv(body: bytes) -> Page | None:
    text = body.decode("utf-8")
    header = text[: text.find("\n")]
    delimiter = next((mark for mark in ",\t;|^`" if f'"{mark}"' in header), ",")
    rows: list[Record] = [
        dict(row) for row in csv.DictReader(io.StringIO(text), delimiter=delimiter)
    ]
    if not rows:
        return None
    columns = list(rows[0])

    def to_bytes() -> bytes:
        out = io.StringIO()
        writer = csv.DictWriter(
            out, columns, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue().encode("utf-8")

    return Page(rows, "", ",".join(columns), to_bytes)


def _leaves(record: Record) -> Iterator[tuple[Record, str]]:
    for name, value in record.items():
        if name in SKIPPED or "@" in name:
            continue
        if isinstance(value, dict):
            yield from _leaves(value)
        else:
            yield record, name


def _is_id(name: str) -> bool:
    return name.lower().removesuffix("__c").endswith("id")


def _is_typed(value: Any) -> bool:
    if isinstance(value, str):
        return bool(NUMBER.fullmatch(value) or INSTANT.fullmatch(value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return _is_typed(value) and not (isinstance(value, str) and INSTANT.fullmatch(value))


def _pick(record: Record, field: str, fits: Callable[[Any], bool]) -> tuple[Record, str] | None:
    """The field to damage: the named one, else a fitting one, cursors last, ids never."""
    found = [(holder, name) for holder, name in _leaves(record) if not _is_id(name)]
    if field:
        return next((item for item in _leaves(record) if item[1] == field), None)
    fitting = [(holder, name) for holder, name in found if fits(holder[name])]
    plain = [item for item in fitting if item[1].lower() not in CURSORS]
    return next(iter(plain + fitting), None)


def malform(records: list[Record], field: str) -> bool:
    """Text in a number or date field of one record."""
    for record in records:
        place = _pick(record, field, _is_typed)
        if place is not None:
            place[0][place[1]] = BROKEN_TEXT
            return True
    return False


def null_key(records: list[Record], blank: str | None) -> bool:
    """One record without its id; `blank` is the format's way to write nothing."""
    ids = [(holder, name) for holder, name in _leaves(records[0]) if _is_id(name)]
    for holder, name in sorted(ids, key=lambda found: found[1].lower() != "id")[:1]:
        holder[name] = blank
    return bool(ids)


def duplicate(records: list[Record]) -> Record:
    """The last record twice; returns it, to come again at the head of the next page."""
    records.append(copy.deepcopy(records[-1]))
    return copy.deepcopy(records[-1])


def change_type(records: list[Record], field: str, share: float) -> bool:
    """One numeric field as text with a unit, in every n-th record."""
    name = field or next(
        (place[1] for record in records if (place := _pick(record, "", _is_number))), ""
    )
    step = max(1, round(1 / share))
    changed = False
    numeric = [
        (holder, leaf)
        for record in records
        for holder, leaf in _leaves(record)
        if leaf == name and holder[leaf] not in (None, "")
    ]
    for holder, leaf in numeric[::step]:
        holder[leaf] = f"{holder[leaf]} units"
        changed = True
    return changed

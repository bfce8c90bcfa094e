"""Custom fields of Pipedrive by their names: keys of 40 characters and option numbers resolved."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingestion.entity import CUSTOM_FIELDS, Entity, Row, custom_json
from ingestion.http import VendorClient
from ingestion.sources.pipedrive.calls import cursor_pages
from ingestion.sources.pipedrive.settings import CUSTOM_COLUMNS


@dataclass(frozen=True)
class CustomField:
    """`column` is the entity's column that the field fills, None for one of `custom_fields`."""

    name: str
    column: str | None
    labels: Mapping[str, str]

    def readable(self, value: Any) -> Any:
        """Options by their labels; what no option is named after stays as it is."""
        if isinstance(value, list):
            return [self.readable(each) for each in value]
        if isinstance(value, dict) and "label" in value:
            return value["label"]
        return self.labels.get(str(value), value) if self.labels else value


@dataclass(frozen=True)
class FieldBook:
    """The fields of an object type: custom ones by key, and options of the vendor's own fields."""

    custom: Mapping[str, CustomField] = field(default_factory=dict)
    own: Mapping[str, CustomField] = field(default_factory=dict)

    def label(self, code: str, value: Any) -> Any:
        """The label of an option of a field of the vendor's own."""
        known = self.own.get(code)
        return None if value is None or known is None else known.readable(value)

    def name(self, code: str) -> str:
        known = self.custom.get(code) or self.own.get(code)
        return known.name if known else code

    def readable(self, code: str, value: Any) -> Any:
        known = self.custom.get(code)
        return known.readable(value) if known and value is not None else value

    def values(self, found: Mapping[str, Any]) -> Row:
        """Columns and `custom_fields` from values by key; fields without a value are left out."""
        row: Row = {}
        others: dict[str, Any] = {}
        for code, value in found.items():
            known = self.custom.get(code)
            if known is None or value is None:
                continue
            value = known.readable(value)
            if known.column is None:
                others[known.name] = value
            else:
                row[known.column] = _scalar(value)
        row[CUSTOM_FIELDS] = custom_json(others)
        return row


def read_fields(client: VendorClient, name: str, entity: Entity) -> FieldBook:
    """The fields of `dealFields`, say; names that occur twice get a part of their key."""
    pages = cursor_pages(client, f"/api/v2/{name}", {})
    by_code = {str(record.get("field_code")): record for page in pages for record in page}
    custom = {code: r for code, r in by_code.items() if r.get("is_custom_field")}
    names = Counter(str(record.get("field_name")) for record in custom.values())
    free = CUSTOM_COLUMNS.intersection(entity.columns.names)
    return FieldBook(
        custom={code: _field(record, names, free) for code, record in custom.items()},
        own={
            code: _field(record, Counter(), set())
            for code, record in by_code.items()
            if code not in custom
        },
    )


def as_json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _field(record: Mapping[str, Any], names: Counter[str], columns: Iterable[str]) -> CustomField:
    name = str(record.get("field_name"))
    column = re.sub(r"\W+", "_", name.strip().lower())
    is_only = names[name] == 1
    return CustomField(
        name=name if is_only or not names else f"{name} ({str(record['field_code'])[:8]})",
        column=column if is_only and column in columns else None,
        labels={
            str(option.get("id")): str(option.get("label"))
            for option in record.get("options") or ()
        },
    )


def _scalar(value: Any) -> Any:
    """Money and addresses come with their parts; a column takes the value alone."""
    if isinstance(value, dict) and "value" in value:
        return value["value"]
    return as_json(value) if isinstance(value, dict | list) else value

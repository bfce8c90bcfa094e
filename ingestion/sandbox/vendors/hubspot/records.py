"""HubSpot records from the store: property values as text, associations, history."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import polars as pl

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.store import Store
from ingestion.sandbox.vendors.hubspot.hubspot_tables import SCHEMA
from ingestion.sandbox.vendors.hubspot.objects import (
    ObjectType,
    Property,
    find,
    singular,
)

CORRELATION = "00000000-0000-4000-8000-000000000000"
INSTANT = "%Y-%m-%dT%H:%M:%S.%g"
# (from, to): type ids of the primary and of the plain association, as HubSpot numbers them.
LINK_TYPES = {
    ("contacts", "companies"): (1, 279),
    ("companies", "contacts"): (2, 280),
    ("deals", "companies"): (5, 341),
    ("companies", "deals"): (6, 342),
    ("deals", "contacts"): (None, 3),
    ("contacts", "deals"): (None, 4),
    ("deals", "line_items"): (None, 19),
    ("line_items", "deals"): (None, 20),
}
# The account's own label of the one contact that a deal is about.
MAIN_CONTACT = (37, "Decision maker")


class Link(NamedTuple):
    """An associated record; a main one is what its record is about, others take part in it."""

    to_id: str
    is_main: bool


def error(status: int, message: str, **more: Any) -> VendorError:
    """An error in HubSpot's form."""
    return VendorError(
        status, {"status": "error", "message": message, "correlationId": CORRELATION, **more}
    )


def known_type(name: str) -> ObjectType:
    kind = find(name)
    if kind is None:
        raise error(400, f"Unable to infer object type from: {name}")
    return kind


def path_of(kind: ObjectType) -> str:
    return f'{SCHEMA}."{kind.name}"'


def asked_properties(kind: ObjectType, names: Iterable[str]) -> list[Property]:
    """The asked properties that exist, and those HubSpot always gives; unknown ones are ignored."""
    asked = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    wanted = asked or list(kind.defaults)
    always = [kind.created, kind.modified, "hs_object_id"]
    found = (kind.property(name) for name in dict.fromkeys(wanted + always))
    return [prop for prop in found if prop is not None]


def text_of(prop: Property) -> str:
    """SQL of a property's value as HubSpot writes it: everything is a string."""
    name = f'"{prop.name}"'
    if prop.kind == "datetime":
        return f"strftime({name}, '{INSTANT}Z')"
    if prop.kind == "number":
        return f"regexp_replace(cast({name} as varchar), '\\.0$', '')"
    return f"cast({name} as varchar)"


def columns(kind: ObjectType, properties: Sequence[Property]) -> str:
    """Selection of a record: envelope first, then properties, then links."""
    links = "".join(f', "_{name}"' for name in kind.links)
    values = "".join(f', {text_of(prop)} as "p_{prop.name}"' for prop in properties)
    return (
        f"_key as id, strftime(_created_at, '{INSTANT}Z') as created,"
        f" strftime(\"{kind.modified}\", '{INSTANT}Z') as updated, _archived{values}{links}"
    )


def to_records(
    kind: ObjectType, frame: pl.DataFrame, properties: Sequence[Property]
) -> list[dict[str, Any]]:
    """Rows as records, without associations."""
    names = [prop.name for prop in properties]
    shown = frame.select("id", "created", "updated", "_archived", *[f"p_{n}" for n in names])
    records = []
    for row in shown.iter_rows():
        record: dict[str, Any] = {
            "id": row[0],
            "properties": dict(zip(names, row[4:], strict=True)),
            "createdAt": row[1],
            "updatedAt": row[2],
            "archived": row[3],
        }
        if row[3]:
            record["archivedAt"] = row[2]
        records.append(record)
    return records


def numbers(ids: Iterable[str]) -> str:
    """Ids as a list of SQL numbers; what is no id is left out, as it is nobody's."""
    return ", ".join(record_id for record_id in ids if record_id.isascii() and record_id.isdigit())


def links(
    store: Store, source: ObjectType, target: ObjectType, ids: Sequence[str]
) -> dict[str, list[Link]]:
    """Associated live records by record id, main ones first, in either direction of the link."""
    found = main_links(store, source, target, ids)
    for from_id, more in more_links(store, source, target, ids).items():
        known = found.setdefault(from_id, [])
        known += [link for link in more if link.to_id not in {main.to_id for main in known}]
    return found


def main_links(
    store: Store, source: ObjectType, target: ObjectType, ids: Sequence[str]
) -> dict[str, list[Link]]:
    """Associations that a record itself knows, or is known by."""
    found: dict[str, list[Link]] = {}
    wanted = numbers(ids)
    if not wanted:
        return found
    if target.name in source.links:
        sql = (
            f'select _key, "_{target.name}" from {store.current(path_of(source))}'
            f' where hs_object_id in ({wanted}) and "_{target.name}" is not null'
        )
    elif source.name in target.links:
        sql = (
            f'select "_{source.name}", _key from {store.current(path_of(target))}'
            f' where cast("_{source.name}" as bigint) in ({wanted}) and not _archived'
            " order by hs_object_id"
        )
    else:
        return found
    for from_id, to_id in store.fetch(sql).rows():
        found.setdefault(from_id, []).append(Link(to_id, True))
    return found


def more_links(
    store: Store, source: ObjectType, target: ObjectType, ids: Sequence[str]
) -> dict[str, list[Link]]:
    """The deals that contacts take part in beside their main one, and the other way round."""
    found: dict[str, list[Link]] = {}
    wanted = numbers(ids)
    if {source.name, target.name} != {"deals", "contacts"} or not wanted:
        return found
    rows = store.fetch(
        f"select link.{source.name}, link.{target.name}"
        f" from {store.current(f'{SCHEMA}.deals_contacts')} as link"
        f" join {store.current(path_of(target))} as target"
        f" on target.hs_object_id = link.{target.name}"
        f" where link.{source.name} in ({wanted}) and not link._deleted"
        " and not target._archived and not target._merged order by link._from, 2"
    )
    for from_id, to_id in rows.rows():
        found.setdefault(str(from_id), []).append(Link(str(to_id), False))
    return found


def add_associations(
    store: Store,
    kind: ObjectType,
    records: list[dict[str, Any]],
    frame: pl.DataFrame,
    names: Iterable[str],
) -> None:
    """Associations of list and single reads, in the v3 form; `frame` is what `records` are from."""
    for name in dict.fromkeys(name.strip() for name in names if name.strip()):
        target = known_type(name)
        label = f"{singular(kind.name)}_to_{singular(target.name)}"
        ids = [record["id"] for record in records]
        if target.name in kind.links:
            more = more_links(store, kind, target, ids)
            linked = zip(ids, frame[f"_{target.name}"], strict=False)
            found = [
                [to_id] * bool(to_id) + [link.to_id for link in more.get(from_id, [])]
                for from_id, to_id in linked
            ]
        else:
            by_id = links(store, kind, target, ids)
            found = [[link.to_id for link in by_id.get(from_id, [])] for from_id in ids]
        for record, to_ids in zip(records, found, strict=False):
            results = [{"id": to_id, "type": label} for to_id in dict.fromkeys(to_ids)]
            if results:
                record.setdefault("associations", {})[target.name] = {"results": results}


def add_history(
    store: Store, kind: ObjectType, records: list[dict[str, Any]], properties: Sequence[Property]
) -> None:
    """All values each property ever had, newest first, from the record's versions."""
    if not records:
        return
    wanted = numbers(record["id"] for record in records)
    values = "".join(f', {text_of(prop)} as "{prop.name}"' for prop in properties)
    frame = store.fetch(
        f"select _key, strftime(_from, '{INSTANT}Z') as changed_at{values}"
        f" from {store.versions(path_of(kind))} where hs_object_id in ({wanted})"
        " order by hs_object_id, _from"
    )
    history: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for row in frame.iter_rows():
        changes = history.setdefault(row[0], {prop.name: [] for prop in properties})
        for prop, value in zip(properties, row[2:], strict=True):
            known = changes[prop.name]
            if (known[0]["value"] if known else None) != value:
                known.insert(
                    0,
                    {
                        "value": value or "",
                        "timestamp": row[1],
                        "sourceType": "CRM_UI",
                        "sourceId": "userId:40000001",
                        "updatedByUserId": 40000001,
                    },
                )
    for record in records:
        record["propertiesWithHistory"] = history.get(record["id"], {})


def property_definition(kind: ObjectType, prop: Property) -> dict[str, Any]:
    """A property in /crm/v3/properties; our own additions are the account's custom ones."""
    fields = {"datetime": "date", "number": "number", "enumeration": "select"}
    return {
        "name": prop.name,
        "label": prop.name.removeprefix("hs_").replace("_", " ").capitalize(),
        "type": prop.kind,
        "fieldType": fields.get(prop.kind, "booleancheckbox" if prop.kind == "bool" else "text"),
        "groupName": f"{singular(kind.name)}information",
        "description": "",
        "options": [],
        "calculated": False,
        "externalOptions": False,
        "hasUniqueValue": prop.name == "hs_object_id",
        "hidden": False,
        "hubspotDefined": prop.name not in CUSTOM,
        "archived": False,
    }


CUSTOM = {
    "segment", "region", "support_plan", "lead_source", "converted_at", "converted_deal_id",
    "campaign_id", "implementation", "competitor", "product_id", "family", "currency",
}  # fmt: skip

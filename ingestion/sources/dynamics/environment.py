"""What an environment has: its tables, their columns, and how long it remembers changes."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ingestion.http import VendorClient, VendorError, field_of
from ingestion.sources.dynamics.settings import API, AUDIT_TABLE, TABLES, TRACKING_DAYS

logger = logging.getLogger(__name__)

LOOKUPS = ("Lookup", "Customer", "Owner")
# Of the company's own columns; the others are files, images and parts of other columns.
PLAIN_TYPES = (
    *LOOKUPS, "String", "Memo", "Integer", "BigInt", "Decimal", "Double", "Money", "Boolean",
    "DateTime", "Picklist", "State", "Status", "Uniqueidentifier",
)  # fmt: skip


@dataclass(frozen=True)
class Described:
    """A table as the environment describes it; `custom` are the company's own columns, as the Web
    API names them."""

    entity_set: str
    is_tracked: bool
    attributes: frozenset[str]
    custom: Mapping[str, str]


@dataclass(frozen=True)
class Environment:
    """The tables that are there, by logical name. Changes older than `remembers` are forgotten."""

    tables: Mapping[str, Described]
    remembers: timedelta
    has_audits: bool


def describe(client: VendorClient) -> Environment:
    """Asks for all tables at once: a column or table that is not there must not be asked for."""
    names = [*(table.name for table in TABLES), AUDIT_TABLE]
    answer = client.get_json(
        f"{API}/EntityDefinitions",
        {
            "$select": "LogicalName,EntitySetName,ChangeTrackingEnabled",
            "$expand": "Attributes($select=LogicalName,AttributeType,AttributeOf,"
            "IsCustomAttribute,IsValidForRead)",
            "$filter": " or ".join(f"LogicalName eq '{name}'" for name in names),
        },
    )
    found = field_of(answer, "value", "dynamics: definitions of tables")
    tables = {each["LogicalName"]: _described(each) for each in found}
    if not tables:
        raise VendorError(
            "dynamics: the environment shows none of the tables; give the application user a "
            "security role that may read them"
        )
    absent = [name for name in names if name not in tables]
    if absent:
        logger.info("dynamics: the environment has no %s; left empty", ", ".join(absent))
    return Environment(tables, _remembers(client), AUDIT_TABLE in tables)


def _described(definition: Mapping[str, Any]) -> Described:
    readable = [
        each for each in definition.get("Attributes", []) if each.get("IsValidForRead", True)
    ]
    return Described(
        entity_set=definition["EntitySetName"],
        is_tracked=bool(definition.get("ChangeTrackingEnabled")),
        attributes=frozenset(each["LogicalName"] for each in readable),
        custom={
            each["LogicalName"]: f"_{each['LogicalName']}_value"
            if each["AttributeType"] in LOOKUPS
            else each["LogicalName"]
            for each in readable
            if each.get("IsCustomAttribute")
            and each.get("AttributeType") in PLAIN_TYPES
            and not each.get("AttributeOf")
        },
    )


def _remembers(client: VendorClient) -> timedelta:
    """Older delta links bring either an error or, without a word, all records and no deletions."""
    answer = client.get_json(f"{API}/organizations", {"$select": "expirechangetrackingindays"})
    for organization in field_of(answer, "value", "dynamics: organization"):
        days = organization.get("expirechangetrackingindays")
        if isinstance(days, int) and days > 0:
            return timedelta(days=days)
    return timedelta(days=TRACKING_DAYS)

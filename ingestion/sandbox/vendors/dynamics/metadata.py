"""What an environment says of its tables: EntityDefinitions and their attributes."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ingestion.sandbox.vendors.dynamics.columns import Column, Table

ATTRIBUTE_TYPES = {"DateOnly": "DateTime"}


def definition(table: Table) -> dict[str, Any]:
    """The EntityMetadata of a table, without its attributes."""
    return {
        "MetadataId": _metadata_id(table.name),
        "LogicalName": table.name,
        "SchemaName": table.name.capitalize(),
        "EntitySetName": table.entity_set,
        "LogicalCollectionName": table.entity_set,
        "PrimaryIdAttribute": table.primary_id,
        "PrimaryNameAttribute": table.own_columns[0].name,
        "IsCustomEntity": False,
        "ChangeTrackingEnabled": table.is_tracked,
        "DisplayName": _label(table.name.capitalize()),
        "DisplayCollectionName": _label(table.entity_set.capitalize()),
    }


def attribute(table: Table, column: Column) -> dict[str, Any]:
    """The AttributeMetadata of a column."""
    kind = ATTRIBUTE_TYPES.get(column.kind, column.kind)
    return {
        "@odata.type": f"#Microsoft.Dynamics.CRM.{kind}AttributeMetadata",
        "MetadataId": _metadata_id(f"{table.name}.{column.name}"),
        "LogicalName": column.name,
        "SchemaName": column.name,
        "EntityLogicalName": table.name,
        "AttributeType": kind,
        "AttributeTypeName": {"Value": f"{kind}Type"},
        "AttributeOf": None,
        "IsCustomAttribute": column.is_custom,
        "IsPrimaryId": column.name == table.primary_id,
        "IsValidForRead": True,
        "DisplayName": _label(column.name.capitalize()),
    }


def _label(text: str) -> dict[str, Any]:
    label = {"Label": text, "LanguageCode": 1033, "IsManaged": True}
    return {"LocalizedLabels": [label], "UserLocalizedLabel": label}


def _metadata_id(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"dataverse/{name}"))

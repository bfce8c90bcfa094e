"""Descriptions of the objects, as /sobjects and /sobjects/X/describe give them."""

from typing import Any

from ingestion.sandbox.vendors.salesforce.objects import Field, SObject

SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "currency": "xsd:double",
    "double": "xsd:double",
    "percent": "xsd:double",
    "int": "xsd:int",
    "boolean": "xsd:boolean",
}


def summary(sobject: SObject, version: str) -> dict[str, Any]:
    """An object in the list of objects."""
    base = f"/services/data/{version}/sobjects/{sobject.name}"
    return {
        "name": sobject.name,
        "label": sobject.name,
        "keyPrefix": sobject.prefix,
        "custom": False,
        "deletable": True,
        "queryable": True,
        "replicateable": True,
        "retrieveable": True,
        "undeletable": True,
        "updateable": True,
        "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
    }


def describe(sobject: SObject, version: str) -> dict[str, Any]:
    """An object with its fields."""
    return {**summary(sobject, version), "fields": [_field(item) for item in sobject.fields]}


def _field(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": field.name.removesuffix("__c").replace("_", " "),
        "type": field.kind,
        "soapType": SOAP_TYPES.get(field.kind, "xsd:string"),
        "length": {"id": 18, "reference": 18}.get(field.kind, 0 if _is_typed(field) else 255),
        "custom": field.custom,
        "calculated": False,
        "nillable": field.kind not in ("id", "boolean"),
        "filterable": True,
        "sortable": True,
        "createable": False,
        "updateable": field.custom,
        "picklistValues": [],
    }


def _is_typed(field: Field) -> bool:
    return field.kind in SOAP_TYPES

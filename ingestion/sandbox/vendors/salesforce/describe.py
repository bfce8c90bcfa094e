"""Descriptions of the objects, as /sobjects and /sobjects/X/describe give them."""

from typing import Any

from ingestion.sandbox.vendors.salesforce.objects import OBJECTS
from ingestion.sandbox.vendors.salesforce.sobject import Field, SObject

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
    "anyType": "xsd:anyType",
}
NUMBERS = ("currency", "double", "percent")
# What is the same for all objects here.
OBJECT = {
    "createable": True,
    "custom": False,
    "customSetting": False,
    "deletable": True,
    "deprecatedAndHidden": False,
    "feedEnabled": False,
    "hasSubtypes": False,
    "isInterface": False,
    "isSubtype": False,
    "layoutable": True,
    "mergeable": False,
    "mruEnabled": False,
    "queryable": True,
    "retrieveable": True,
    "searchable": True,
    "triggerable": True,
    "updateable": True,
}
# What is the same for all fields here.
FIELD = {
    **dict.fromkeys(
        (
            "aiPredictionField", "autoNumber", "calculated", "cascadeDelete", "caseSensitive",
            "createable", "defaultedOnCreate", "dependentPicklist", "deprecatedAndHidden",
            "displayLocationInDecimal", "encrypted", "externalId", "formulaTreatNullNumberAsZero",
            "highScaleNumber", "htmlFormatted", "idLookup", "nameField", "namePointing",
            "polymorphicForeignKey", "queryByDistance", "restrictedDelete", "restrictedPicklist",
            "searchPrefilterable", "unique", "writeRequiresMasterRead",
        ),
        False,
    ),
    **dict.fromkeys(
        (
            "calculatedFormula", "compoundFieldName", "controllerName", "defaultValue",
            "defaultValueFormula", "extraTypeInfo", "filteredLookupInfo", "inlineHelpText", "mask",
            "maskType", "referenceTargetField", "relationshipName", "relationshipOrder",
        )
    ),
    "aggregatable": True,
    "digits": 0,
    "permissionable": True,
}  # fmt: skip


def summary(sobject: SObject, version: str) -> dict[str, Any]:
    """An object in the list of objects."""
    base = f"/services/data/{version}/sobjects/{sobject.name}"
    return {
        **OBJECT,
        "name": sobject.name,
        "label": sobject.name,
        "labelPlural": f"{sobject.name}s",
        "keyPrefix": sobject.prefix,
        "replicateable": "SystemModstamp" in sobject.stamps,
        "undeletable": sobject.shows_deleted,
        "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
    }


def describe(sobject: SObject, version: str) -> dict[str, Any]:
    """An object with its fields."""
    return {
        **summary(sobject, version),
        "childRelationships": [],
        "recordTypeInfos": [],
        "fields": [_field(item) for item in sobject.fields],
    }


def _field(field: Field) -> dict[str, Any]:
    names = {each.prefix: each.name for each in OBJECTS.values()}
    is_number, is_reference = field.kind in NUMBERS, field.kind in ("id", "reference")
    length = 18 if is_reference else 0 if field.kind in SOAP_TYPES else 255
    is_filterable = field.kind != "anyType"
    return {
        **FIELD,
        "name": field.name,
        "label": field.name.removesuffix("__c").replace("_", " "),
        "type": field.kind,
        "soapType": SOAP_TYPES.get(field.kind, "xsd:string"),
        "length": length,
        "byteLength": length * (1 if is_reference else 3),
        "precision": 18 if is_number else 0,
        "scale": 2 if is_number else 0,
        "custom": field.custom,
        "nillable": field.kind not in ("id", "boolean"),
        "filterable": is_filterable,
        "groupable": is_filterable and not is_number,
        "sortable": is_filterable,
        "updateable": field.custom,
        "picklistValues": [
            {"active": True, "defaultValue": False, "label": each, "validFor": None, "value": each}
            for each in field.choices
        ],
        "referenceTo": [names[prefix] for prefix in field.targets if prefix in names],
    }

"""What each landed batch of dynamics must be like, beside keys, versions and types."""

from collections.abc import Mapping

from ingestion.expectation import (
    CURRENCY,
    EMAIL,
    Expectation,
    between,
    matching,
    one_of,
    required,
)

CATEGORIES = ("Pipeline", "Best Case", "Committed", "Omitted", "Won", "Lost")
ACTIVITY = (
    *required("statecode"),
    *between("actualdurationminutes", low=0, high=1_440, severity="warn"),
)

EXPECTATIONS: Mapping[str, tuple[Expectation, ...]] = {
    "accounts": between("numberofemployees", "revenue", low=0, severity="warn"),
    "contacts": matching("emailaddress1", EMAIL),
    "leads": (
        *required("statecode", "statuscode"),
        *matching("emailaddress1", EMAIL),
        *between("numberofemployees", low=0, severity="warn"),
    ),
    "opportunities": (
        *required("statecode", "transactioncurrencyid"),
        *between("closeprobability", low=0, high=100),
        *between("estimatedvalue", "actualvalue", low=0, severity="warn"),
        *one_of("msdyn_forecastcategory_label", *CATEGORIES),
    ),
    "opportunity_closes": required("opportunityid", "actualend"),
    "opportunity_processes": required("opportunityid", "activestageid"),
    "opportunity_products": (
        *required("opportunityid"),
        *between("quantity", low=0, severity="warn"),
    ),
    "opportunity_history": required("object_id", "changed_at"),
    "phone_calls": ACTIVITY,
    "appointments": ACTIVITY,
    "emails": ACTIVITY,
    "tasks": ACTIVITY,
    "users": matching("internalemailaddress", EMAIL),
    "goals": (
        *required("goalownerid", "goalstartdate", "targetmoney"),
        *between("targetmoney", low=0),
    ),
    "process_stages": required("stagename", "primaryentitytypecode"),
    "territories": required("name"),
    "currencies": (
        *required("isocurrencycode", "exchangerate"),
        *matching("isocurrencycode", CURRENCY, severity="error"),
        *between("exchangerate", low=1e-9),
    ),
}

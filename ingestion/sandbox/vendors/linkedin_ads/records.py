"""LinkedIn Ads records as the API gives them: numbers as ids, URNs as references, milliseconds."""

from datetime import date
from typing import Any

from ingestion.sandbox.vendors.linkedin_ads import credentials

CURRENCY = "USD"
ACCOUNT_URN = f"urn:li:sponsoredAccount:{credentials.ACCOUNT_ID}"
OPENED_MS = 1_420_070_400_000
NOBODY = "urn:li:unknown:0"
DAY_FIELDS = {
    "dateRange", "pivotValues", "costInLocalCurrency", "costInUsd", "impressions", "clicks",
    "externalWebsiteConversions", "oneClickLeads",
}  # fmt: skip

Record = dict[str, Any]


def account() -> Record:
    return {
        "test": False,
        "id": int(credentials.ACCOUNT_ID),
        "name": "Larkfield Systems",
        "currency": CURRENCY,
        "type": "BUSINESS",
        "status": "ACTIVE",
        "reference": "urn:li:organization:2414183",
        "servingStatuses": ["RUNNABLE"],
        "notifiedOnCampaignOptimization": True,
        "notifiedOnCreativeApproval": True,
        "notifiedOnCreativeRejection": True,
        "notifiedOnEndOfCampaign": True,
        "notifiedOnNewFeaturesEnabled": False,
        "version": {"versionTag": "1"},
        "changeAuditStamps": _stamps(OPENED_MS, OPENED_MS),
    }


def campaign_group(row: Record) -> Record:
    return {
        "id": row["id"],
        "account": ACCOUNT_URN,
        "name": row["name"],
        "status": row["status"],
        "runSchedule": _schedule(row),
        "totalBudget": _money(row["budget"]),
        "servingStatuses": ["RUNNABLE" if row["status"] == "ACTIVE" else "STOPPED"],
        "changeAuditStamps": _stamps(row["created_ms"], row["modified_ms"]),
    }


def campaign(row: Record) -> Record:
    return {
        "id": row["id"],
        "account": ACCOUNT_URN,
        "campaignGroup": f"urn:li:sponsoredCampaignGroup:{row['group_id']}",
        "name": row["name"],
        "status": row["status"],
        "type": row["type"],
        "costType": row["cost_type"],
        "objectiveType": "WEBSITE_VISIT",
        "dailyBudget": _money(row["daily_budget"]),
        "unitCost": _money(8.5),
        "locale": {"country": "US", "language": "en"},
        "runSchedule": _schedule(row),
        "targetingCriteria": {"include": {"and": []}},
        "audienceExpansionEnabled": False,
        "creativeSelection": "OPTIMIZED",
        "offsiteDeliveryEnabled": False,
        "changeAuditStamps": _stamps(row["created_ms"], row["modified_ms"]),
    }


def creative(row: Record) -> Record:
    return {
        "id": f"urn:li:sponsoredCreative:{row['id']}",
        "account": ACCOUNT_URN,
        "campaign": f"urn:li:sponsoredCampaign:{row['campaign_id']}",
        "intendedStatus": row["status"],
        "isServing": row["status"] == "ACTIVE",
        "content": {"reference": f"urn:li:share:{row['id']}"},
        "createdAt": row["created_ms"],
        "lastModifiedAt": row["modified_ms"],
    }


def day(row: Record) -> Record:
    """Every field of a day of a campaign; a query gets those it lists. Money is decimal text."""
    cost = f"{row['cost']:.2f}"
    return {
        "dateRange": {"start": _date(row["date"]), "end": _date(row["date"])},
        "pivotValues": [f"urn:li:sponsoredCampaign:{row['campaign_id']}"],
        "costInLocalCurrency": cost,
        "costInUsd": cost,
        "impressions": row["impressions"],
        "clicks": row["clicks"],
        "externalWebsiteConversions": row["conversions"],
        "oneClickLeads": row["leads"],
    }


def _date(value: date) -> dict[str, int]:
    return {"year": value.year, "month": value.month, "day": value.day}


def _money(amount: float) -> dict[str, str]:
    return {"amount": f"{amount:.2f}", "currencyCode": CURRENCY}


def _schedule(row: Record) -> dict[str, int]:
    times = {"start": row["start_ms"], "end": row["end_ms"]}
    return {name: value for name, value in times.items() if value is not None}


def _stamps(created_ms: int, modified_ms: int) -> dict[str, dict[str, Any]]:
    return {
        "created": {"actor": NOBODY, "time": created_ms},
        "lastModified": {"actor": NOBODY, "time": modified_ms},
    }

"""What Salesforce has, field by field: by the tables of its sandbox, without its API."""

import math

import polars as pl

from ingestion.sandbox.vendors.salesforce import objects
from ingestion.sources.salesforce.settings import SOBJECTS
from tests.contracts.company_sandbox import Lake

SALESFORCE = "salesforce"
# Fields that we know and these objects do not have, or not in every org.
NOT_THERE = {
    "User.IsDeleted", "UserRole.IsDeleted", "UserRole.CreatedDate", "ForecastingQuota.IsDeleted",
    "DatedConversionRate.IsDeleted", "OpportunityStage.IsDeleted", "ForecastingItem.Territory2Id",
    "ForecastingQuota.Territory2Id",
}  # fmt: skip


def differences(lake: Lake) -> list[str]:
    """Objects whose live records differ by their ids, fields by their count or sum."""
    assert lake.sandbox.world is not None
    store, found, absent = lake.sandbox.world.store, [], set()
    for sobject in SOBJECTS:
        current = lake.current(SALESFORCE, sobject.entity)
        shown = store.current(objects.OBJECTS[sobject.name].table.path)
        truth = store.fetch(f"select * from {shown} where not _deleted")
        if current["id"].to_list() != truth["Id"].sort().to_list():
            found.append(f"{sobject.name}: {current.height} landed of {truth.height}")
        for column, field in sobject.fields.items():
            place = f"{sobject.name}.{field}"
            if field not in truth.columns:
                absent.add(place)
                continue
            mine, theirs = current[column], truth[field]
            if mine.count() != theirs.count():
                found.append(f"{place}: {mine.count()} values landed of {theirs.count()}")
            if theirs.dtype == pl.Float64 and not math.isclose(
                mine.sum(), theirs.sum(), rel_tol=1e-6, abs_tol=1e-12
            ):
                found.append(f"{place}: {mine.sum()} in all, not {theirs.sum()}")
    return found + [f"{place}: known and not there" for place in sorted(absent ^ NOT_THERE)]

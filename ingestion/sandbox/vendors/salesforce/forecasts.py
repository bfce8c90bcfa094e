"""The fiscal calendar, quotas, and what owners' open and won deals add up to month by month."""

from ingestion.sandbox.company.times import FIRST_FISCAL_MONTH
from ingestion.sandbox.store import ALWAYS
from ingestion.sandbox.vendors.salesforce.ids import record_id
from ingestion.sandbox.vendors.salesforce.sobject import (
    SObject,
    changes,
    fields,
    own,
    references,
    with_creation,
)

FORECAST_TYPE_PREFIX = "0Db"
FORECAST_TYPE = f"'{record_id(FORECAST_TYPE_PREFIX, 1)}'"
CATEGORIES = ("Pipeline", "Best Case", "Commit", "Closed")
# Periods are there two years ahead.
CALENDAR = f"""(
    with months as (
        select cast(unnest(generate_series(
            cast(begins as timestamp), cast(ends as timestamp) + interval 2 year, interval 1 month
        )) as date) as day
        from (select min(start_date) as begins, max(start_date) as ends from exchange_rates)
    ),
    places as (
        select day, (month(day) + 12 - {FIRST_FISCAL_MONTH}) % 12 as place from months
    )
    select 'Month' as type, 1 as rank, day, day + interval 1 month as following, place + 1 as number
    from places
    union all
    select 'Quarter', 2, day, day + interval 3 month, place // 3 + 1
    from places where place % 3 = 0
    union all
    select 'Year', 3, day, day + interval 1 year, 1
    from places where place = 0
)"""
QUOTAS = with_creation(
    f"(select * from quotas semi join {own('users')} as own on own.user_n = quotas.user_n)",
    "quota_n",
)
WORTH = f"""(
    select
        opportunity_n, deals.version_at, owner_n,
        date_trunc('month', close_date) as month,
        list_position({list(CATEGORIES)}, forecast_category) as category,
        if(is_deleted, 0.0, amount / coalesce(units_per_usd, 1.0)) as dollars
    from {own("opportunities")} as deals
    left join exchange_rates as rates
        on deals.currency_code = rates.currency_code
        and date_trunc('month', deals.version_at) = rates.start_date
)"""
WATCHED = ("owner_n", "month", "category", "dollars")
IN_TIME = "over (partition by opportunity_n order by version_at)"
BEFORE = ", ".join(f"lag({column}) {IN_TIME}" for column in WATCHED[:3])
# A deal that changes leaves one sum and enters another.
SUMS = f"""(
    with deals as materialized {changes(WORTH, "opportunity_n", *WATCHED)},
    moves as (
        select owner_n, month, category, version_at, dollars from deals
        union all
        select {BEFORE}, version_at, -lag(dollars) {IN_TIME} from deals
    ),
    steps as (
        select owner_n, month, category, version_at, sum(dollars) as dollars
        from moves
        where owner_n is not null and month is not null and category is not null
            and dollars is not null
        group by owner_n, month, category, version_at
    )
    select owner_n, cast(month as date) as month, category, version_at,
        round(sum(dollars) over (
            partition by owner_n, month, category order by version_at
        ), 2) as dollars
    from steps
)"""


def period_number(day: str, rank: str = "1") -> str:
    """SQL of a period's number, from its first day; rank 1 are months."""
    return f"(year({day}) * 100 + month({day})) * 10 + {rank}"


FORECASTS = (
    SObject(
        "Period", "026", CALENDAR, period_number("day", "rank"),
        references(
            FiscalYearSettingsId=("022", f"year(day) + if(month(day) < {FIRST_FISCAL_MONTH}, 0, 1)")
        )
        + fields("picklist", Type="type")
        + fields("date", StartDate="day", EndDate="following - interval 1 day")
        + fields("int", Number="number")
        + fields("boolean", IsForecastPeriod="rank = 1"),
        version_at="day - interval 2 year",
        created_at="day",
        is_deleted="false",
        shows_deleted=False,
        stamps=("SystemModstamp",),
    ),
    SObject(
        "ForecastingType", FORECAST_TYPE_PREFIX, "(select 1 as number)", "number",
        fields("string", DeveloperName="'OpportunityRevenue'", MasterLabel="'Opportunity Revenue'")
        + fields("picklist", RoleType="'R'", DateType="'OpportunityCloseDate'")
        + fields("boolean", IsActive="true", IsAmount="true", IsQuantity="false"),
        version_at=ALWAYS,
        created_at=ALWAYS,
        is_deleted="false",
    ),
    SObject(
        "ForecastingQuota", "0J9", QUOTAS, "quota_n",
        references(
            QuotaOwnerId=("005", "user_n"),
            PeriodId=("026", period_number("month")),
        )
        + fields("reference", ForecastingTypeId=FORECAST_TYPE)
        + fields("date", StartDate="month")
        + fields("currency", QuotaAmount="amount")
        + fields("double", QuotaQuantity="cast(null as double)")
        + fields("picklist", CurrencyIsoCode="currency_code", ProductFamily="cast(null as varchar)")
        + fields("boolean", IsAmount="true", IsQuantity="false"),
        shows_deleted=False,
    ),
    SObject(
        "ForecastingItem", "0J4", SUMS,
        "owner_n * 10000000 + (year(month) * 12 + month(month)) * 10 + category",
        references(
            OwnerId=("005", "owner_n"),
            PeriodId=("026", period_number("month")),
        )
        + fields(
            "reference", ForecastingTypeId=FORECAST_TYPE,
            ParentForecastingItemId="cast(null as varchar)",
        )
        + fields(
            "picklist", ForecastCategoryName=f"{list(CATEGORIES)}[category]",
            ForecastingItemCategory=(
                "['PipelineOnly', 'BestCaseOnly', 'CommitOnly', 'ClosedOnly'][category]"
            ),
            CurrencyIsoCode="'USD'", ProductFamily="cast(null as varchar)",
        )
        + fields(
            "currency", ForecastAmount="dollars", OwnerOnlyAmount="dollars",
            AmountWithoutAdjustments="dollars", AmountWithoutManagerAdjustment="dollars",
            AmountWithoutOwnerAdjustment="dollars",
        )
        + fields(
            "boolean", HasAdjustment="false", HasOwnerAdjustment="false", IsAmount="true",
            IsQuantity="false", IsUpToDate="true",
        ),
        created_at="version_at",
        is_deleted="false",
        shows_deleted=False,
        stamps=("SystemModstamp",),
    ),
)  # fmt: skip

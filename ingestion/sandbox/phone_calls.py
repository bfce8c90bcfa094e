"""The company's telephone calls, as telephone systems know them.

A system sees what a CRM does not: when it rang and when someone answered, both numbers, and
attempts that nobody wrote down. Its times lie some seconds before those that representatives enter.
"""

from duckdb import DuckDBPyConnection

from ingestion.sandbox.company.geography import COUNTRIES

REP_PREFIXES = {
    "North America": "+1415555",
    "EMEA": "+4930555",
    "LATAM": "+5511555",
    "APAC": "+6531555",
}
_DIALING = ", ".join(f"('{country.name}', '{country.dialing}')" for country in COUNTRIES)
_PREFIXES = " ".join(f"when '{name}' then '{prefix}'" for name, prefix in REP_PREFIXES.items())
MACROS = (
    f"""create macro if not exists rep_number(region, user_n) as
        (case region {_PREFIXES} else '+1415555' end) || lpad(cast(user_n as varchar), 4, '0')""",
    "create macro if not exists e164(phone) as '+' || regexp_replace(phone, '[^0-9]', '', 'g')",
    # 7,919 and ten million share no factor: no two leads get one number.
    """create macro if not exists lead_number(dialing, lead_n) as
        coalesce(dialing, '+1') || '555' || lpad(cast(lead_n * 7919 % 10000000 as varchar), 7, '0')
    """,
)
# `call_n` is even for a logged call; the odd one after it is the attempt before, which was not.
PHONE_CALLS = f"""create temp table if not exists phone_calls as
    with
    reps as (
        select user_n, any_value(region_name) as region_name from users group by user_n
    ),
    removals as (
        select activity_n, min(version_at) as removed_at from activities
        where type = 'call' and is_deleted group by activity_n
    ),
    contact_numbers as (
        select contact_n, e164(min_by(phone, version_at)) as number from contacts
        where phone is not null group by contact_n
    ),
    lead_countries as (
        select lead_n, min_by(country, version_at) as country from leads group by lead_n
    ),
    dialing as (select * from (values {_DIALING}) as list(country, code)),
    logged as (
        select
            activities.*,
            reps.region_name,
            rep_number(reps.region_name, activities.owner_n) as rep_number,
            coalesce(
                contact_numbers.number,
                lead_number(dialing.code, coalesce(activities.lead_n, activities.contact_n))
            ) as other_number,
            removals.removed_at,
            activities.outcome in ('Connected', 'Left Voicemail') as is_answered,
            activities.occurred_at - to_seconds(2 + activity_n * 7 % 9) as started_at,
            6 + activity_n * 13 % 20 as ring_seconds
        from activities
        join reps on reps.user_n = activities.owner_n
        left join removals using (activity_n)
        left join contact_numbers using (contact_n)
        left join lead_countries using (lead_n)
        left join dialing on dialing.country = lead_countries.country
        where activities.type = 'call' and activities.version_at = activities.created_at
    )
    select
        activity_n * 2 as call_n, region_name, owner_n, contact_n, lead_n, direction, outcome,
        rep_number, other_number, removed_at, started_at,
        case when is_answered then started_at + to_seconds(ring_seconds) end as answered_at,
        started_at + to_seconds(ring_seconds)
            + to_seconds(case when is_answered then duration_seconds else 0 end) as ended_at
    from logged
    union all
    select
        activity_n * 2 + 1, region_name, owner_n, contact_n, lead_n, direction,
        case when direction = 'inbound' then 'Missed' else 'Abandoned' end,
        rep_number, other_number, null, started_at - interval 5 minute, null,
        started_at - interval 5 minute + to_seconds(ring_seconds)
    from logged
    where (direction = 'inbound' and activity_n % 5 = 0)
        or (outcome = 'No Answer' and activity_n % 4 = 0)"""


def prepare_phone_calls(connection: DuckDBPyConnection) -> None:
    """Makes the table `phone_calls`, once for all telephone systems of a sandbox."""
    for statement in (*MACROS, PHONE_CALLS):
        connection.execute(statement)

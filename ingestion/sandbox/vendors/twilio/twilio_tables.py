"""Twilio's version tables from the company's telephone calls: North America and APAC.

A call shows when it rings, changes when it ends, and once more when its price is known; that last
change does not move its time of change. An answered inbound call has a second leg, to the
representative's browser.
"""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from ingestion.sandbox.phone_calls import prepare_phone_calls
from ingestion.sandbox.store import VersionTable

REGIONS = "('North America', 'APAC')"
LEGS = f"""create temp table twilio_legs as
    with
    here as (
        select
            *,
            answered_at is not null as is_answered,
            'CA' || md5('call ' || call_n) as call_sid,
            'PN' || md5('number ' || owner_n) as number_sid
        from phone_calls where region_name in {REGIONS}
    )
    select
        call_n, cast(call_n as varchar) as record, call_sid as sid, null as parent_call_sid,
        direction = 'inbound' as is_inbound,
        if(direction = 'inbound', other_number, rep_number) as from_number,
        if(direction = 'inbound', rep_number, other_number) as to_number,
        if(direction = 'inbound', 'inbound', 'outbound-api') as direction,
        if(direction = 'inbound', number_sid, null) as phone_number_sid,
        outcome, is_answered, started_at, answered_at, ended_at, removed_at
    from here
    union all
    select
        call_n, call_n || 'b', 'CA' || md5('leg ' || call_n), call_sid, true, other_number,
        'client:rep_' || owner_n, 'outbound-dial', null,
        outcome, is_answered, started_at + interval 1 second, answered_at, ended_at, removed_at
    from here where direction = 'inbound' and is_answered"""
PRICED_AFTER = "to_seconds(if(call_n % 50 = 0, 72000, 20 + call_n * 31 % 5400))"
CALLS = f"""with
    legs as (
        select
            *,
            ended_at + {PRICED_AFTER} as priced_at,
            cast(epoch(ended_at - answered_at) as bigint) as seconds
        from twilio_legs
    ),
    stages as (
        select *, started_at as seen_from, 1 as stage from legs
        union all select *, ended_at, 2 from legs
        union all select *, priced_at, 3 from legs
            where is_answered and priced_at < coalesce(removed_at, 'infinity')
        union all select *, removed_at, 4 from legs where removed_at > ended_at
    )
    select
        sid, parent_call_sid, from_number, to_number, direction, phone_number_sid, started_at,
        case
            when stage = 1 then if(is_answered, 'in-progress', 'ringing')
            when is_answered then 'completed'
            when outcome = 'Busy' then 'busy'
            when outcome = 'Abandoned' then 'canceled'
            else 'no-answer' end as status,
        if(stage > 1, ended_at, null) as ended_at,
        if(stage > 1 and is_answered, seconds, null) as seconds,
        if(stage > 2 and is_answered,
            ceil(seconds / 60.0) * if(to_number like '+1%', 0.014, 0.075), null) as price,
        if(stage > 1 and not is_inbound and is_answered,
            if(outcome = 'Connected', 'human', 'machine_start'), null) as answered_by,
        if(stage > 1, ended_at, started_at) as updated_at,
        stage = 4 as is_removed,
        record as _key, seen_from as _from
    from stages"""
NUMBERS = f"""select
        'PN' || md5('number ' || user_n) as sid, rep_number(region_name, user_n) as phone_number,
        email as friendly_name, not is_active as is_removed,
        min(version_at) over (partition by user_n) as created_at, version_at as updated_at,
        'PN' || md5('number ' || user_n) as _key, version_at as _from
    from users where region_name in {REGIONS}"""


def tables(connection: DuckDBPyConnection) -> Iterable[VersionTable]:
    """Version tables of calls and numbers; run while the company's frames are registered."""
    prepare_phone_calls(connection)
    connection.execute(LEGS)
    return (
        VersionTable("twilio", "calls", CALLS),
        VersionTable("twilio", "numbers", NUMBERS),
    )

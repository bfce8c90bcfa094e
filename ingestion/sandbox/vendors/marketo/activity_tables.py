"""SQL of the activity log over the temporary tables of marketo_tables."""

from ingestion.sandbox.vendors.marketo.activity_types import (
    CHANGE_DATA_VALUE,
    CHANGE_SCORE,
    CHANGE_STATUS,
    DELETE_LEAD,
    FILL_OUT_FORM,
    MAIL_TYPES,
    MERGE_LEADS,
    NEW_LEAD,
    VISIT_WEBPAGE,
)
from ingestion.sandbox.vendors.marketo.names import (
    FIRST_CAMPAIGN,
    FIRST_EMAIL,
    FIRST_PROGRAM,
    SITE,
)


def _activity(first_id: int, number: str, source: str, **columns: str) -> str:
    """One kind of activity; columns that are not given are null."""
    empty = ("type_id", "campaign_id", "primary_id", "primary_value", "a1", "a2", "a3", "a4", "a5")
    given = {"happened_at": "happened_at", **dict.fromkeys(empty, "null"), **columns}
    return (
        f"select cast({first_id} + {number} as bigint) as id, lead_id,"
        f" {given['happened_at']} as _from, {given['type_id']} as type_id,"
        f" cast({given['campaign_id']} as bigint) as campaign_id,"
        f" cast({given['primary_id']} as bigint) as primary_id,"
        + ", ".join(
            f"cast({given[name]} as varchar) as {name}"
            for name in ("primary_value", "a1", "a2", "a3", "a4", "a5")
        )
        + f" from {source}"
    )


AGENT = "'Mozilla/5.0 (' || if(lead_id % 4 = 0, 'iPhone', 'Windows NT 10.0') || ')'"
DEVICE = "if(lead_id % 4 = 0, 'iPhone', 'unknown')"
IS_MOBILE = "if(lead_id % 4 = 0, 'true', 'false')"
MAIL_TYPE = " ".join(f"when '{word}' then {number}" for word, number in MAIL_TYPES.items())
STEPS = """(select lead_id, happened_at, status, is_deleted,
        lag(status) over (partition by lead_id order by happened_at) as old_status,
        row_number() over (order by happened_at, lead_id, source) as n,
        row_number() over (partition by lead_id, source order by happened_at) as step, source
    from (
        select lead_id, happened_at, status, is_deleted, 1 as source
        from mk_lead_log
        union all
        select lead_id, happened_at, title, is_deleted, 2 from mk_contact_log))"""
ACTIVITIES = " union all ".join(
    (
        _activity(
            1_000_000_000, "n", "mk_visits", type_id=str(VISIT_WEBPAGE),
            primary_id="100 + length(page)", primary_value="page", a1=f"'{SITE}' || page",
            a2="referrer", a3=AGENT,
        ),
        _activity(
            2_000_000_000, "lead_id", "mk_forms", type_id=str(FILL_OUT_FORM),
            primary_id="1 + length(lead_source)", primary_value="'Form: ' || lead_source",
            a1="'{\"leadSource\":\"' || lead_source || '\"}'", a2=f"'{SITE}/'", a3=AGENT,
        ),
        _activity(
            3_000_000_000, "event_n", "mk_mail join email_campaigns using (email_campaign_n)",
            happened_at="occurred_at", type_id=f"case type {MAIL_TYPE} end",
            campaign_id=f"{FIRST_CAMPAIGN} + email_campaign_n",
            primary_id=f"{FIRST_EMAIL} + email_campaign_n", primary_value="name",
            a1="email_campaign_n",
            a2="case type when 'OPEN' then " + DEVICE + f" when 'CLICK' then '{SITE}/offers/' ||"
            " email_campaign_n when 'BOUNCE' then '2' when 'STATUSCHANGE' then '{}' end",
            a3=f"case type when 'OPEN' then {IS_MOBILE} when 'CLICK' then {DEVICE}"
            " when 'BOUNCE' then '550 5.1.1 no such user' end",
            a4=f"case type when 'OPEN' then {AGENT} when 'CLICK' then {IS_MOBILE}"
            " when 'BOUNCE' then recipient end",
            a5=f"case type when 'CLICK' then {AGENT} end",
        ),
        _activity(
            4_000_000_000, "lead_id",
            "mk_people left join (select lead_id, arg_min(lead_source, happened_at) as lead_source"
            " from mk_lead_log group by 1) using (lead_id)",
            happened_at="created_at", type_id=str(NEW_LEAD), primary_id="lead_id",
            a1="if(kind = 0, 'Web form fillout', 'Salesforce.com')", a2="lead_source",
        ),
        _activity(
            5_000_000_000, "n",
            f"{STEPS} as s where not is_deleted and (step > 1 or (source = 2 and exists"
            " (from mk_people as p where p.lead_id = s.lead_id and p.kind = 0)))",
            type_id=str(CHANGE_DATA_VALUE),
            primary_value="if(source = 1, 'Lead Status', 'Job Title')", a1="status",
            a2="old_status", a3="'Synched from salesforce.com'", a4="'SFDC'",
        ),
        _activity(
            6_000_000_000, "change_n", "mk_changes where score = 0",
            type_id=str(CHANGE_DATA_VALUE),
            primary_value="if(reason = 'BOUNCE', 'Email Invalid', 'Unsubscribed')", a1="'true'",
            a2="'false'", a3="'Email activity'", a4="'Web service API'",
        ),
        _activity(
            7_000_000_000, "change_n", "mk_changes where score > 0", type_id=str(CHANGE_SCORE),
            primary_value="'Lead Score'", a1="'+' || score", a2="total", a3="total - score",
            a4="reason",
        ),
        _activity(
            8_000_000_000, "loser_id",
            "(select lead_id as loser_id, winner_id as lead_id, happened_at from mk_gone"
            " where winner_id is not null)",
            type_id=str(MERGE_LEADS), primary_id="lead_id", a1="'[' || loser_id || ']'",
            a2="'false'", a3="'Salesforce.com'", a4="'true'",
        ),
        _activity(
            9_000_000_000, "lead_id", "mk_gone where winner_id is null",
            type_id=str(DELETE_LEAD), primary_id="lead_id", a1="'false'",
        ),
        _activity(
            10_000_000_000, "row_number() over (order by happened_at, member_n)",
            "mk_members join (select campaign_n, arg_min(name, version_at) as program_name"
            f" from campaigns group by 1) on campaign_n = program_id - {FIRST_PROGRAM}",
            type_id=str(CHANGE_STATUS), primary_id="program_id", primary_value="program_name",
            a1="status", a2="coalesce(old_status, 'Not in Program')",
            a3="if(status = 'Responded', 'true', 'false')",
            a4="if(old_status is null, 'true', 'false')", a5="'Flow action'",
        ),
    )
)  # fmt: skip

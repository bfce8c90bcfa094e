"""Dataverse's activities and their parties, and the audit of opportunities."""

from ingestion.sandbox.vendors.dynamics import sales
from ingestion.sandbox.vendors.dynamics.columns import Column, Table, coded, columns, lookup

REGARDING = Column(
    "regardingobjectid",
    "Lookup",
    "coalesce(dyn_id('opportunity', opportunity_n), dyn_id('lead', lead_n), "
    "dyn_id('account', account_n), dyn_id('contact', contact_n))",
    target="case when opportunity_n is not null then 'opportunity' when lead_n is not null "
    "then 'lead' when account_n is not null then 'account' when contact_n is not null "
    "then 'contact' end",
)
ENDED = "occurred_at + to_seconds(coalesce(duration_seconds, 0))"
STATES = {0: "Open", 1: "Completed", 2: "Canceled"}


def _activity(name: str, entity_set: str, kind: str, *own: Column) -> Table:
    """Done activities have actual times, planned ones are only scheduled."""
    return Table(
        name, entity_set, "activityid", "dyn_id('activity', activity_n)",
        f"{sales.own('activities')} where type = '{kind}'",
        (
            *columns("String", subject="subject", category="outcome"),
            REGARDING,
            *sales.owner(),
            *columns(
                "DateTime", scheduledstart="occurred_at", scheduledend=ENDED,
                actualstart="if(is_completed, occurred_at, null)",
                actualend=f"if(is_completed, {ENDED}, null)",
            ),
            *columns("Integer", actualdurationminutes="duration_seconds // 60"),
            sales.states("cast(is_completed as bigint)", STATES),
            *own,
        ),
        is_gone="is_deleted", is_tracked=True,
    )  # fmt: skip


DIRECTION = columns("Boolean", directioncode="coalesce(direction, 'outbound') = 'outbound'")
PHONE_CALL = _activity("phonecall", "phonecalls", "call", *DIRECTION)
APPOINTMENT = _activity("appointment", "appointments", "meeting")
EMAIL = _activity("email", "emails", "email", *DIRECTION)
TASK = _activity("task", "tasks", "task")

# The people on the other side; the owner's own part says nothing new.
ACTIVITY_PARTY = Table(
    "activityparty", "activityparties", "activitypartyid", "dyn_id('activityparty', activity_n)",
    f"{sales.own('activities')} where contact_n is not null or lead_n is not null",
    (
        Column("activityid", "Lookup", "dyn_id('activity', activity_n)", target="activitypointer"),
        Column(
            "partyid", "Lookup", "coalesce(dyn_id('contact', contact_n), dyn_id('lead', lead_n))",
            target="if(contact_n is null, 'lead', 'contact')",
        ),
        coded("participationtypemask", "if(direction = 'inbound', 1, 2)",
              {1: "Sender", 2: "To Recipient", 5: "Required attendee", 9: "Owner"}),
    ),
    is_gone="is_deleted", has_dates=False,
)  # fmt: skip

AUDITED = {
    "estimatedvalue": "amount",
    "closeprobability": sales.PERCENT,
    "estimatedclosedate": "strftime(close_date, '%m/%d/%Y 00:00:00')",
    "actualclosedate": "if(is_closed, strftime(close_date, '%m/%d/%Y 00:00:00'), null)",
    "statecode": sales.STATE,
    "msdyn_forecastcategory": sales.FORECAST_CODE,
}
STAGE_CHANGE = {"activestageid": "'processstage,' || dyn_id('processstage', open_stage)"}


def _audits(object_type: str, attributes: dict[str, str]) -> str:
    """Versions of opportunities that changed one of the attributes, with the change as JSON."""
    new = ", ".join(f"cast({value} as varchar) as {name}" for name, value in attributes.items())
    old = ", ".join(f"lag({name}) over history as old_{name}" for name in attributes)
    changes = ", ".join(
        f"{{'logicalName': '{name}', 'oldValue': old_{name}, 'newValue': {name}}}"
        for name in attributes
    )
    return f"""
    select *, '{object_type}' as object_type, dyn_id('{object_type}', opportunity_n) as object_id
    from (
        select *, list_filter([{changes}], lambda x: x.oldValue is distinct from x.newValue)
            as changes
        from (
            select *, {old}, row_number() over history as entry
            from (
                select opportunity_n, version_at, owner_n, {new}
                from {sales.OPPORTUNITIES} where not is_deleted
            )
            window history as (partition by opportunity_n order by version_at)
        )
    )
    where len(changes) > 0"""


_OF_BOTH = "opportunity_n, version_at, owner_n, entry, object_type, object_id, changes"
AUDIT = Table(
    "audit", "audits", "auditid", "dyn_id('audit', object_type || opportunity_n || '/' || entry)",
    f"(select {_OF_BOTH} from ({_audits('opportunity', AUDITED)}) union all "
    f"select {_OF_BOTH} from ({_audits('opportunitysalesprocess', STAGE_CHANGE)}))",
    (
        *columns("DateTime", createdon="version_at"),
        *columns("EntityName", objecttypecode="object_type"),
        Column("objectid", "Lookup", "object_id", target="coalesce( object_type, null)"),
        lookup("userid", "systemuser", "owner_n"),
        coded("action", "if(entry = 1, 1, 2)", {1: "Create", 2: "Update", 3: "Delete"}),
        coded("operation", "if(entry = 1, 1, 2)", {1: "Create", 2: "Update", 3: "Delete"}),
        *columns("Memo", changedata="to_json({'changedAttributes': changes})"),
    ),
    is_log=True, has_dates=False,
)  # fmt: skip
TABLES = (PHONE_CALL, APPOINTMENT, EMAIL, TASK, ACTIVITY_PARTY, AUDIT)

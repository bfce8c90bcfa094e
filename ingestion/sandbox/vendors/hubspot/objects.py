"""HubSpot object types of the company: properties, types, and the SQL of their values."""

from dataclasses import dataclass, field

SQL_TYPES = {
    "string": "varchar",
    "enumeration": "varchar",
    "number": "double",
    "datetime": "timestamp",
    "bool": "boolean",
}
STAGES = {
    "Qualification": "1184301101",
    "Discovery": "1184301102",
    "Proposal": "1184301103",
    "Negotiation": "1184301104",
    "Closed Won": "1184301105",
    "Closed Lost": "1184301106",
}
PIPELINE = "default"
FORECAST_CATEGORIES = {
    "Pipeline": "PIPELINE",
    "Best Case": "BEST_CASE",
    "Commit": "COMMIT",
    "Closed": "CLOSED",
    "Omitted": "OMIT",
}
LEAD_STATUSES = {
    "New": "NEW",
    "Working": "IN_PROGRESS",
    "Nurturing": "BAD_TIMING",
    "Qualified": "CONNECTED",
    "Disqualified": "UNQUALIFIED",
    "Converted": "OPEN_DEAL",
}


@dataclass(frozen=True)
class Property:
    """A property: HubSpot's name and type, and the SQL expression of its value."""

    name: str
    kind: str
    value: str


@dataclass(frozen=True)
class ObjectType:
    """A CRM object type. `links` maps an associated type to the SQL of the associated id.

    A version that changes nothing but links leaves `modified_at` where it was.
    """

    name: str
    type_id: str
    source: str
    key: str
    own_properties: tuple[Property, ...]
    links: dict[str, str] = field(default_factory=dict)
    modified: str = "hs_lastmodifieddate"
    created: str = "createdate"
    created_at: str = "created_at"
    version_at: str = "version_at"
    modified_at: str = "version_at"
    is_deleted: str = "is_deleted"
    is_merged: str = "false"
    defaults: tuple[str, ...] = ()

    @property
    def properties(self) -> tuple[Property, ...]:
        return (
            *self.own_properties,
            Property(self.created, "datetime", self.created_at),
            Property(self.modified, "datetime", self.modified_at),
            Property("hs_object_id", "number", self.key),
        )

    def property(self, name: str) -> Property | None:
        return next((item for item in self.properties if item.name == name), None)


def case_of(column: str, words: dict[str, str]) -> str:
    """SQL that maps the company's words to HubSpot's; unknown words stay as they are."""
    branches = " ".join(f"when '{ours}' then '{theirs}'" for ours, theirs in words.items())
    return f"case {column} {branches} else {column} end"


def _properties(kind: str, **values: str) -> tuple[Property, ...]:
    return tuple(Property(name, kind, value) for name, value in values.items())


def _own(table: str) -> str:
    return f"(select * from {table} where crm = 'hubspot')"


OWNER = "hs_owner_id(owner_n)"
COMPANIES = ObjectType(
    "companies", "0-2", "hs_companies", "hs_company_id(account_n)",
    _properties("string", name="name", domain="domain", country="country", region="region_name")
    + _properties(
        "enumeration", industry="industry", segment="segment", hubspot_owner_id=OWNER,
        hs_merged_object_ids="merged_ids",
        support_plan="['Basic', 'Standard', 'Premier'][1 + (account_n * 7919) % 3]",
    )
    + _properties("number", numberofemployees="employees", annualrevenue="annual_revenue"),
    is_merged="merged_into_n is not null",
    defaults=("name", "domain"),
)  # fmt: skip
CONTACTS = ObjectType(
    "contacts", "0-1", "hs_contacts", "contact_id",
    _properties(
        "string", email="email", firstname="first_name", lastname="last_name", phone="phone",
        jobtitle="title", company="company", country="country", region="region_name",
        campaign_id="google_ads_id(campaign_n)",
        associatedcompanyid="hs_company_id(account_n)",
        converted_deal_id="hs_deal_id(converted_opportunity_n)",
    )
    + _properties(
        "enumeration", industry="industry", lifecyclestage="lifecyclestage",
        hs_lead_status=case_of("status", LEAD_STATUSES), hubspot_owner_id=OWNER,
        lead_source="lead_source", hs_merged_object_ids="merged_ids",
    )
    + _properties("number", numemployees="employees")
    + _properties(
        "datetime", converted_at="converted_at", hs_lifecyclestage_lead_date="lead_at",
        hs_lifecyclestage_salesqualifiedlead_date="qualified_at",
        hs_lifecyclestage_opportunity_date="opportunity_at",
    ),
    links={"companies": "hs_company_id(account_n)"},
    modified="lastmodifieddate",
    is_merged="is_merged",
    defaults=("email", "firstname", "lastname"),
)  # fmt: skip
DEALS = ObjectType(
    "deals", "0-3", "hs_deals", "hs_deal_id(opportunity_n)",
    _properties(
        "string", dealname="name", campaign_id="google_ads_id(campaign_n)",
        product_id="hs_product_id(product_n)", competitor="competitor", hs_next_step="next_step",
    )
    + _properties(
        "enumeration", dealtype="type", pipeline=f"'{PIPELINE}'",
        dealstage=case_of("stage", STAGES), deal_currency_code="currency_code",
        hs_manual_forecast_category=case_of("forecast_category", FORECAST_CATEGORIES),
        hubspot_owner_id=OWNER, lead_source="lead_source", closed_lost_reason="loss_reason",
        implementation="['Self-service', 'Partner'][1 + (opportunity_n * 104729) % 2]",
    )
    + _properties("number", amount="amount", hs_deal_stage_probability="probability")
    + _properties("datetime", closedate="cast(close_date as timestamp) + interval 16 hour")
    + _properties("bool", hs_is_closed="is_closed", hs_is_closed_won="is_won"),
    links={
        "companies": "hs_company_id(account_n)",
        "contacts": "hs_contact_id(contact_n)",
    },
    modified_at="modified_at",
    defaults=("dealname", "amount", "dealstage", "pipeline", "closedate"),
)  # fmt: skip
PRODUCTS = ObjectType(
    "products", "0-7",
    "(select *, timestamp '2000-01-01' as version_at, timestamp '2000-01-01' as created_at,"
    " false as is_deleted from products)",
    "hs_product_id(product_n)",
    _properties("string", name="name", hs_sku="code", family="family")
    + _properties("number", price="list_price"),
    defaults=("name", "price"),
)  # fmt: skip
LINE_ITEMS = ObjectType(
    "line_items", "0-8",
    f"(select items.*, products.name, products.code from {_own('line_items')} as items"
    " left join products using (product_n))",
    "hs_line_item_id(line_item_n)",
    _properties(
        "string", name="name", hs_sku="code", hs_product_id="hs_product_id(product_n)",
    )
    + _properties("enumeration", hs_line_item_currency_code="currency_code")
    + _properties(
        "number", quantity="quantity", price="unit_price",
        amount="round(quantity * unit_price, 2)",
    ),
    links={"deals": "hs_deal_id(opportunity_n)"},
    defaults=("name", "price", "quantity"),
)  # fmt: skip
GOALS = ObjectType(
    "goal_targets", "0-74",
    f"(select *, min(version_at) over (partition by quota_n) as created_at, false as is_deleted"
    f" from quotas semi join {_own('users')} as own on own.user_n = quotas.user_n)",
    "hs_goal_id(quota_n)",
    _properties(
        "string", hs_goal_name="'Revenue ' || strftime(month, '%Y-%m')",
        hubspot_owner_id="hs_owner_id(user_n)",
    )
    + _properties("enumeration", currency="currency_code")
    + _properties("number", hs_target_amount="amount")
    + _properties(
        "datetime", hs_start_datetime="cast(month as timestamp)",
        hs_end_datetime="cast(month as timestamp) + interval 1 month - interval 1 millisecond",
    ),
)  # fmt: skip
ENGAGEMENT_LINKS = {
    "companies": "hs_company_id(account_n)",
    "contacts": "coalesce(hs_contact_id(contact_n), hs_lead_id(lead_n))",
    "deals": "hs_deal_id(opportunity_n)",
}


def _engagement(name: str, type_id: str, kind: str, properties: tuple[Property, ...]) -> ObjectType:
    return ObjectType(
        name, type_id, f"{_own('activities')} where type = '{kind}'", "hs_activity_id(activity_n)",
        _properties("datetime", hs_timestamp="occurred_at")
        + _properties("enumeration", hubspot_owner_id=OWNER)
        + properties,
        links=ENGAGEMENT_LINKS,
        created="hs_createdate",
        defaults=("hs_timestamp",),
    )  # fmt: skip


CALLS = _engagement(
    "calls", "0-48", "call",
    _properties("string", hs_call_title="subject")
    + _properties("number", hs_call_duration="duration_seconds * 1000")
    + _properties(
        "enumeration", hs_call_direction="upper(direction)", hs_call_disposition="outcome",
        hs_call_status="if(is_completed, 'COMPLETED', 'QUEUED')",
    ),
)  # fmt: skip
EMAILS = _engagement(
    "emails", "0-49", "email",
    _properties("string", hs_email_subject="subject")
    + _properties(
        "enumeration",
        hs_email_direction="if(lower(direction) = 'inbound', 'INCOMING_EMAIL', 'EMAIL')",
        hs_email_status="if(is_completed, 'SENT', 'SCHEDULED')",
    ),
)  # fmt: skip
MEETINGS = _engagement(
    "meetings", "0-47", "meeting",
    _properties("string", hs_meeting_title="subject")
    + _properties(
        "datetime", hs_meeting_start_time="occurred_at",
        hs_meeting_end_time="occurred_at + to_seconds(coalesce(duration_seconds, 0))",
    )
    + _properties(
        "enumeration",
        hs_meeting_outcome="coalesce(upper(replace(replace(outcome, '-', '_'), ' ', '_')), "
        "if(is_completed, 'COMPLETED', 'SCHEDULED'))",
    ),
)  # fmt: skip
NOTES = _engagement("notes", "0-46", "note", _properties("string", hs_note_body="subject"))
TASKS = _engagement(
    "tasks", "0-27", "task",
    _properties("string", hs_task_subject="subject")
    + _properties(
        "enumeration", hs_task_status="if(is_completed, 'COMPLETED', 'NOT_STARTED')",
        hs_task_type="'TODO'",
    ),
)  # fmt: skip

OBJECT_TYPES: dict[str, ObjectType] = {
    item.name: item
    for item in (
        COMPANIES, CONTACTS, DEALS, LINE_ITEMS, PRODUCTS, GOALS,
        CALLS, EMAILS, MEETINGS, NOTES, TASKS,
    )
}  # fmt: skip
SINGULAR = {
    "company": "companies", "contact": "contacts", "deal": "deals", "product": "products",
    "call": "calls", "email": "emails", "meeting": "meetings", "note": "notes", "task": "tasks",
    "goal_target": "goal_targets", "line_item": "line_items",
}  # fmt: skip


def find(name: str) -> ObjectType | None:
    """Type by plural name, singular name or object type id."""
    wanted = SINGULAR.get(name.lower(), name.lower())
    return OBJECT_TYPES.get(wanted) or next(
        (item for item in OBJECT_TYPES.values() if item.type_id == wanted), None
    )


def singular(name: str) -> str:
    return next((one for one, many in SINGULAR.items() if many == name), name)

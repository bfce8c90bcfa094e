"""What a region's marketing automation knows: the people there and what they did.

Two temporary tables over the company's frames, for vendors to shape. `<prefix>_people` has the
versions of leads and of contacts that were no leads, `<prefix>_touches` one row for each thing that
happened: e-mail events as the company has them; form submissions and page views, which the company
has not, from the leads' sources, the clicks, and a hash of the person's number.
"""

from dataclasses import dataclass

from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Form:
    """A form of the web site, for leads of one source."""

    number: int
    name: str
    page: str
    lead_source: str


FORMS = (
    Form(1, "Contact us", "/contact", "Website"),
    Form(2, "White paper download", "/resources/white-paper", "Content Download"),
    Form(3, "Webinar registration", "/events/webinar", "Webinar"),
    Form(4, "Demo request", "/demo", "Google Ads"),
)
PAGES = ("/", "/product", "/pricing", "/customers", "/blog")
CAMPAIGN_PAGE = "/news"
SECONDS_OF_INTEREST = 180 * 86_400
MOST_VISITS = 4

_PEOPLE = """create temp table {prefix}_people as
    with homes as (
        select account_n, min(region_name) as region_name, arg_min(name, version_at) as company,
            arg_min(industry, version_at) as industry, arg_min(employees, version_at) as employees,
            arg_min(country, version_at) as country
        from accounts group by 1
    ),
    regional_leads as (select * from leads where region_name = '{region}'),
    conversions as (
        select converted_contact_n as contact_n, min(converted_at) as converted_at
        from regional_leads where converted_contact_n is not null group by 1
    )
    select 2 * lead_n as person_n, lead_n, converted_contact_n as contact_n,
        converted_account_n as account_n, version_at, created_at, is_deleted, email, first_name,
        last_name, company, title, cast(null as varchar) as phone, industry, employees, country,
        lead_source, status, owner_n, converted_at, campaign_n
    from regional_leads
    union all by name
    select 2 * contacts.contact_n + 1 as person_n, contacts.contact_n, contacts.account_n,
        contacts.version_at, contacts.created_at, contacts.is_deleted, contacts.email,
        contacts.first_name, contacts.last_name, homes.company, contacts.title, contacts.phone,
        homes.industry, homes.employees, homes.country
    from contacts
    join (select contact_n, arg_min(account_n, version_at) as account_n from contacts group by 1)
        as born on born.contact_n = contacts.contact_n
    join homes on homes.account_n = born.account_n and homes.region_name = '{region}'
    anti join conversions
        on conversions.contact_n = contacts.contact_n
        and conversions.converted_at <= contacts.created_at"""

_TOUCHES = """create temp table {prefix}_touches as
    with recipients as (
        select lower(email) as email, arg_min(person_n, (created_at, person_n)) as person_n
        from {prefix}_people where email is not null group by 1
    ),
    events as (
        select events.*, recipients.person_n,
            case type when 'STATUSCHANGE' then 'unsubscribe' else lower(type) end as kind
        from email_events as events
        join recipients on recipients.email = lower(events.recipient)
    ),
    born as (
        select person_n, min(created_at) as created_at, min(lead_source) as lead_source
        from {prefix}_people group by 1
    ),
    submissions as (
        select born.*, forms.form_n, forms.page from born
        join (values {forms}) as forms (form_n, page, lead_source)
            on forms.lead_source = born.lead_source
    ),
    visits as (
        select person_n, visit, created_at
            + to_seconds(cast(hash(person_n, visit) % {interest} as bigint)) as occurred_at
        from (
            select *, unnest(range(0, cast(hash(person_n) % {visits} as bigint))) as visit from born
        )
    )
    select 10 * event_n as touch_n, person_n, kind, occurred_at, email_campaign_n,
        cast(null as bigint) as form_n, cast(null as varchar) as page
    from events
    union all by name
    select 10 * event_n + 1 as touch_n, person_n, 'page' as kind,
        occurred_at + interval 20 second as occurred_at, '{campaign_page}' as page
    from events where kind = 'click'
    union all by name
    select 1000000000000 + 100 * person_n as touch_n, person_n, 'form' as kind,
        created_at as occurred_at, form_n, page
    from submissions
    union all by name
    select 1000000000001 + 100 * person_n as touch_n, person_n, 'page' as kind,
        created_at - to_seconds(30 + cast(hash(person_n) % 600 as bigint)) as occurred_at, page
    from submissions
    union all by name
    select 1000000000010 + 100 * person_n + visit as touch_n, person_n, 'page' as kind, occurred_at,
        list_extract({pages}, cast(hash(visit, person_n) % {page_count} as bigint) + 1) as page
    from visits"""


def create_marketing_tables(connection: DuckDBPyConnection, *, prefix: str, region: str) -> None:
    """Creates both tables for a region; run while the company's frames are registered.

    `touch_n` and `person_n` stay the same however far the company is simulated. Kinds of touches:
    sent, delivered, open, click, bounce, unsubscribe, form, page.
    """
    connection.execute(_PEOPLE.format(prefix=prefix, region=region))
    forms = ", ".join(f"({form.number}, '{form.page}', '{form.lead_source}')" for form in FORMS)
    connection.execute(
        _TOUCHES.format(
            prefix=prefix,
            forms=forms,
            pages=list(PAGES),
            page_count=len(PAGES),
            campaign_page=CAMPAIGN_PAGE,
            interest=SECONDS_OF_INTEREST,
            visits=MOST_VISITS,
        )
    )

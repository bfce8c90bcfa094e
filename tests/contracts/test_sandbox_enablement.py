"""What enablement systems see of the company: the CRM's deals and people, and no future."""

from datetime import timedelta

import pytest
from polars.testing import assert_frame_equal

from ingestion.sandbox.__main__ import history_start
from ingestion.sandbox.clock import Beginning
from ingestion.sandbox.store import Store
from ingestion.sandbox.vendors import vendors
from ingestion.sandbox.world import MARGIN
from tests.contracts.company_sandbox import NOW, simulated

BEGINNING = Beginning(seed=7, scale=0.02, start=history_start(NOW))
NAMES = ("seismic", "highspot", "salesforce", "dynamics", "hubspot")


def store_until(days: timedelta) -> Store:
    tables = {name: vendors()[name].tables for name in NAMES}
    return Store(simulated(BEGINNING, NOW + days), tables, lambda: NOW)


@pytest.fixture(scope="module")
def store() -> Store:
    return store_until(MARGIN)


def texts(store: Store, path: str, expression: str, condition: str = "true") -> set[str]:
    """Distinct values over a table's current records, without empty ones."""
    found = store.fetch(f"select {expression} from {store.current(path)} where {condition}")
    return set(found.to_series().drop_nulls())


def test_past_stays_as_it_was_however_far_the_company_is_simulated(store: Store) -> None:
    longer = store_until(timedelta(days=100))
    for path in (
        'seismic."livesendLinks"',
        'seismic."livesendLinkContents"',
        'seismic."livesendContentViewingSessions"',
        'seismic."interactionContexts"',
        "highspot.pitches",
        "highspot.views",
        "highspot.items",
    ):
        one, other = (
            each.fetch(f"select * exclude (_to) from {each.versions(path)} order by _key, _from")
            for each in (store, longer)
        )
        assert one.height > 10
        assert_frame_equal(one, other)


@pytest.mark.parametrize(
    ("referred", "known"),
    [
        (
            ('seismic."interactionContexts"', '"contextId"', "\"systemType\" = 'Salesforce'"),
            ('salesforce."Opportunity"', 'left("Id", 15)'),
        ),
        (
            ('seismic."interactionContexts"', '"contextId"', "\"systemType\" = 'Dynamics'"),
            ("dynamics.opportunity", "opportunityid"),
        ),
        (
            ("highspot.pitches", '"Opportunity ID"'),
            ("hubspot.deals", "cast(hs_object_id as varchar)"),
        ),
        (
            ("seismic.users", "lower(email)", "\"businessUnit\" = 'EMEA'"),
            ("dynamics.systemuser", "lower(internalemailaddress)"),
        ),
        (
            ("highspot.pitches", 'lower("Recipient Email")', '"CRM" is not null'),
            ("hubspot.contacts", "lower(email)"),
        ),
    ],
    ids=["Salesforce deals", "Dynamics deals", "HubSpot deals", "people", "recipients"],
)
def test_deals_and_people_are_those_of_the_crm(
    store: Store, referred: tuple[str, ...], known: tuple[str, ...]
) -> None:
    found = texts(store, *referred)
    assert found
    assert found <= texts(store, *known)


def test_deals_that_are_won_were_viewed_more(store: Store) -> None:
    """Outcomes as the CRM has them, views as Seismic has them."""
    deals, uses, views = (
        store.current(path)
        for path in (
            'salesforce."Opportunity"',
            'seismic."contentUsageHistory"',
            'seismic."livesendContentViewingSessions"',
        )
    )
    counts = store.fetch(
        f"""select "IsWon" as is_won, count(views.id) / count(distinct deals."Id") as per_deal
        from {deals} as deals
        join {uses} as uses on uses."contextId" = left(deals."Id", 15)
        left join {views} as views using ("livesendLinkContentId")
        where "IsClosed" group by 1 order by 1"""
    )
    lost, won = counts["per_deal"]
    assert won > 1.5 * lost

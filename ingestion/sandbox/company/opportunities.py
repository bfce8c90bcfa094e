"""Where deals come from: leads that convert, reps' own business, expansions and renewals.

A deal's origin sets its price, its chances and its rep; its life is then drawn (see `deals`), and
what is done for it is entered as activities.
"""

import numpy as np

from ingestion.sandbox.company.accounts import add_accounts, add_contacts, random_instants
from ingestion.sandbox.company.activities import add_activities
from ingestion.sandbox.company.deals import COMPETITORS, Life, Prospect, live
from ingestion.sandbox.company.finance import (
    MEDIAN_AMOUNT,
    PRODUCT_FOR_SEGMENT,
    PRODUCT_WEIGHT,
    add_line_items,
    in_currency,
    round_price,
)
from ingestion.sandbox.company.geography import COUNTRY_CURRENCY, ZONES
from ingestion.sandbox.company.leads import SOURCES
from ingestion.sandbox.company.tables import NOTHING
from ingestion.sandbox.company.times import (
    DAY,
    HOUR,
    Bools,
    Ints,
    month_start,
    stream,
    to_utc,
    working_second,
)
from ingestion.sandbox.company.world import FIRST_YEAR_SHARE, NEVER, World

Origins = dict[str, np.ndarray]
OUTBOUND_IN_THREE_YEARS, BACKLOG_WEIGHT = 5_300, 1.6
EXPANSIONS_A_MONTH, RENEWED_BY_HAND = 0.048, 0.50
DEAL_SOURCES = (*SOURCES, "Outbound", "Customer")
OUTBOUND_SOURCES, OUTBOUND_SHARE, CUSTOMER = (8, 6, 5, 4), (0.62, 0.17, 0.12, 0.09), 9
SOURCE_LEAN = np.array([0.10, 0.0, -0.15, 0.05, -0.05, 0.50, 0.35, -0.35, -0.30, 0.15])
TYPICAL_CHANCE = 0.15


def create_deals(world: World, month: int, doubles: Ints | None = None) -> None:
    """A month's new deals with all that follows; months before the first fill the pipeline.

    Doubled accounts (by place) get deals too, which move to the winner when they are merged.
    """
    rng = stream(world.seed, "deals", month)
    backlog = month < world.first_month
    if not backlog:
        _note_wins(world, month_start(month))
    origins = _own_business(world, rng, month, doubles)
    if not backlog and len(world.leads):
        converted = _from_leads(world, rng, month)
        origins = {name: np.concatenate([origins[name], converted[name]]) for name in origins}
    size = len(origins["account"])
    if size == 0:
        return
    accounts, account = world.accounts, origins["account"]
    number = len(world.deals) + 1 + np.arange(size)
    product, currency, amount, stretch = _price(world, rng, month, origins)
    prospects = _prospects(world, rng, origins, number, amount, stretch)
    life = live(rng, prospects, world.deal_log, world.hidden_deals)
    kept = np.ones(size, dtype=bool)
    if backlog:
        start = month_start(world.first_month)
        kept = (life.closed_at > start) & (life.deleted_at > start)
    names = ("account", "created_at", "owner", "kind", "contact", "source", "campaign")
    world.deals.extend(
        {name: origins[name] for name in names}
        | {
            "region": accounts["region"][account], "product": product, "currency": currency,
            "closed_at": life.closed_at, "deleted_at": life.deleted_at, "won": life.won,
            "kept": kept, "noted": np.zeros(size, dtype=bool),
            "dollars": life.amount / in_currency(np.ones(size), currency),
        }
    )  # fmt: skip
    _mark_converted(world, origins, number)
    some = np.flatnonzero(kept)
    created_at = origins["created_at"][some]
    add_line_items(
        world, rng, number[some], product[some], currency[some], amount[some], created_at
    )
    _work(world, rng, life, number, prospects, account, origins["contact"], kept)


def _own_business(
    world: World, rng: np.random.Generator, month: int, doubles: Ints | None
) -> Origins:
    """Deals that reps begin with accounts they have."""
    accounts, organisation = world.accounts, world.organisation
    opens, backlog = month_start(month), month < world.first_month
    merged = accounts["doubled"] & (accounts["dead_at"] < NEVER)
    alive = (accounts["created_at"] < opens) & ~merged
    customer = alive & (accounts["won_at"] < opens - 60 * DAY)
    mean = OUTBOUND_IN_THREE_YEARS * world.scale * FIRST_YEAR_SHARE * world.business(month)
    mean *= BACKLOG_WEIGHT if backlog else 1.0
    weight = np.where(alive, np.where(accounts["won_at"] < opens, 0.15, 1.0), 0.0)
    outbound = rng.choice(len(accounts), int(rng.poisson(mean)), p=weight / weight.sum())
    if doubles is not None and len(doubles):
        outbound = np.concatenate([outbound, doubles[rng.random(len(doubles)) < 0.5]])
    quiet = np.clip((opens - accounts["last_won_at"]) / (365.0 * DAY), 0, 9)
    keen = EXPANSIONS_A_MONTH * np.exp(0.5 * accounts["taste"] - 0.75 * quiet) * customer
    expansion = np.flatnonzero(rng.random(len(accounts)) < keen)
    months_since = np.where(customer, (opens - accounts["won_at"]) // int(30.44 * DAY), 0)
    due = customer & (months_since % 12 == 10) & (quiet < 2.1)
    renewal = np.flatnonzero(due & (rng.random(len(accounts)) < RENEWED_BY_HAND))

    place = np.concatenate([outbound, expansion, renewal])
    size, region = len(place), accounts["region"][place]
    created_at = random_instants(rng, month, region)
    kind = np.repeat([0, 1, 2], [len(outbound), len(expansion), len(renewal)])
    kind = np.where((kind == 0) & (accounts["won_at"][place] < opens), 1, kind)
    found = rng.choice(OUTBOUND_SOURCES, size, p=OUTBOUND_SHARE)
    owner_at = month_start(max(month, world.first_month))
    keeper = accounts["owner"][place]
    stays = (organisation.left_at[keeper] > opens) & (organisation.hired_at[keeper] <= owner_at)
    stays &= rng.random(size) < 0.85
    span = accounts["contact_count"][place]
    return {
        "account": place,
        "created_at": np.maximum(created_at, accounts["created_at"][place] + 2 * HOUR),
        "owner": np.where(stays, keeper, organisation.assign(rng, region, owner_at)),
        "contact": accounts["first_contact"][place] + (rng.random(size) * span).astype(np.int64),
        "kind": kind,
        "source": np.where(kind == 0, found, CUSTOMER),
        "lead": np.full(size, NOTHING),
        "campaign": np.full(size, NOTHING),
        "chance": np.full(size, TYPICAL_CHANCE),
    }


def _price(
    world: World, rng: np.random.Generator, month: int, origins: Origins
) -> tuple[Ints, Ints, np.ndarray, np.ndarray]:
    """Product, currency, amount in it, and how far that is from the usual, in deviations."""
    accounts, account, kind = world.accounts, origins["account"], origins["kind"]
    size, segment = len(account), accounts["segment"][account]
    product = PRODUCT_FOR_SEGMENT[segment, rng.choice(3, size, p=(0.5, 0.3, 0.2))]
    product = np.where(kind == 1, rng.integers(0, len(PRODUCT_WEIGHT), size), product)
    years = (month - world.first_month) / 12
    stretch = rng.normal(0, 1, size)
    dollars = (
        MEDIAN_AMOUNT[segment]
        * PRODUCT_WEIGHT[product]
        * np.exp(np.array([0.55, 0.58, 0.62])[segment] * stretch)
        * np.where(kind == 1, 0.6, 1.0)
        * 1.03**years
    )
    before = accounts["won_value"][account]
    renewed = before * rng.lognormal(0.02, 0.12, size)
    dollars = np.where((kind == 2) & (before > 0), renewed, dollars)
    currency = COUNTRY_CURRENCY[accounts["country"][account]]
    return product, currency, round_price(in_currency(dollars, currency)), stretch


def _prospects(
    world: World,
    rng: np.random.Generator,
    origins: Origins,
    number: Ints,
    amount: np.ndarray,
    stretch: np.ndarray,
) -> Prospect:
    accounts, organisation = world.accounts, world.organisation
    account, kind, owner = origins["account"], origins["kind"], origins["owner"]
    size, segment = len(account), accounts["segment"][account]
    contested = rng.random(size) < np.where(kind == 2, 0.3, 0.5)
    lean = (
        0.34 * organisation.skill[owner]
        - 0.75 * organisation.ramp(owner, origins["created_at"])
        + SOURCE_LEAN[origins["source"]]
        - 0.22 * stretch
        + 0.5 * (origins["chance"] - TYPICAL_CHANCE)
        + np.array([0.08, 0.0, -0.10])[segment]
    )
    return Prospect(
        number=number,
        created_at=origins["created_at"],
        region=accounts["region"][account],
        segment=segment,
        kind=kind,
        owner=owner,
        owner_n=organisation.user_n[owner],
        lean=lean,
        optimism=organisation.optimism[owner],
        amount=amount,
        contacts=accounts["contact_count"][account],
        competitor=np.where(contested, rng.integers(0, len(COMPETITORS), size), NOTHING),
    )


def _note_wins(world: World, opens: int) -> None:
    """Accounts with a win before this month are customers, at the value of their last win."""
    deals = world.deals
    wins = np.flatnonzero(
        deals["won"] & ~deals["noted"] & (deals["closed_at"] < opens) & deals["kept"]
    )
    deals["noted"][wins] = True
    account = deals["account"][wins]
    np.minimum.at(world.accounts["won_at"], account, deals["closed_at"][wins])
    np.maximum.at(
        world.accounts["last_won_at"],
        account,
        deals["closed_at"][wins],
    )
    world.accounts["won_value"][account] = deals["dollars"][wins]


def _from_leads(world: World, rng: np.random.Generator, month: int) -> Origins:
    """The leads that convert in a month: an account, unless it is known, and a contact each."""
    leads, accounts = world.leads, world.accounts
    opens, closes = month_start(month), month_start(month + 1)
    place = np.flatnonzero((leads["converted_at"] >= opens) & (leads["converted_at"] < closes))
    known = leads["known"][place].copy()
    dead = (known >= 0) & (accounts["dead_at"][np.maximum(known, 0)] < NEVER)
    known[dead] = NOTHING
    owner, at = leads["owner"][place], leads["converted_at"][place]
    new = known < 0
    fresh = place[new]
    added = add_accounts(
        world,
        rng,
        country=leads["country"][fresh],
        region=leads["region"][fresh],
        culture=leads["culture"][fresh],
        company=leads["company"][fresh],
        industry=leads["industry"][fresh],
        employees=leads["employees"][fresh],
        owner=owner[new],
        created_at=at[new],
        first_lead=fresh,
    )
    account = known.copy()
    account[new] = added
    contact = np.zeros(len(place), dtype=np.int64)
    contact[new] = world.accounts["first_contact"][added]
    old = place[~new]
    contact[~new] = 1 + add_contacts(
        world,
        account=known[~new],
        person=leads["person"][old],
        seniority=leads["seniority"][old],
        country=leads["country"][old],
        culture=leads["culture"][old],
        created_at=at[~new],
        lead=old,
    )
    return {
        "account": account, "created_at": at, "owner": owner, "contact": contact,
        "kind": (accounts["won_at"][account] < opens).astype(np.int64),
        "source": leads["source"][place], "lead": place, "campaign": leads["campaign"][place],
        "chance": leads["chance"][place],
    }  # fmt: skip


def _mark_converted(world: World, origins: Origins, deal: Ints) -> None:
    lead = origins["lead"] >= 0
    at = origins["created_at"][lead]
    world.lead_log.add(
        {
            "lead_n": origins["lead"][lead] + 1, "version_at": at, "status": 5,
            "is_converted": True, "converted_at": at,
            "converted_account_n": origins["account"][lead] + 1,
            "converted_contact_n": origins["contact"][lead],
            "converted_opportunity_n": deal[lead],
        }
    )  # fmt: skip


def _work(
    world: World,
    rng: np.random.Generator,
    life: Life,
    number: Ints,
    deals: Prospect,
    account: Ints,
    contact: Ints,
    kept: Bools,
) -> None:
    """The activities of deals' weeks, none before a deal's creation or after its end."""
    weeks = {name: np.concatenate([week[name] for week in life.worked]) for name in life.worked[0]}
    calls = np.repeat(np.arange(len(weeks["deal"])), weeks["touches"])
    meetings = np.repeat(np.arange(len(weeks["deal"])), weeks["meetings"])
    row = np.concatenate([calls, meetings])
    kind = np.concatenate(
        [
            rng.choice(5, len(calls), p=(0.37, 0.40, 0.0, 0.15, 0.08)),
            np.full(len(meetings), 2),
        ]
    )
    deal = weeks["deal"][row]
    weekday = rng.choice(7, len(row), p=(0.19, 0.21, 0.20, 0.20, 0.17, 0.015, 0.015))
    at = to_utc(
        weeks["monday"][row] + weekday, working_second(rng, len(row)), ZONES, deals.region[deal]
    )
    born = deals.created_at[deal]
    ends = np.minimum(life.closed_at[deal], life.deleted_at[deal])
    luck = rng.random(len(row))
    at = np.where(at <= born, born + 600 + (luck * 2 * DAY).astype(np.int64), at)
    at = np.where(at >= ends, ends - 300 - (luck * 2.5 * DAY).astype(np.int64), at)
    fine = (at > born + 60) & kept[deal]
    row, kind, deal, at, luck = row[fine], kind[fine], deal[fine], at[fine], luck[fine]
    place = account[deal]
    other = world.accounts["first_contact"][place] + (
        rng.random(len(row))
        * np.minimum(weeks["threads"][row], world.accounts["contact_count"][place])
    ).astype(np.int64)
    single = (weeks["threads"][row] <= 1) | (rng.random(len(row)) < 0.4)
    add_activities(
        world,
        rng,
        kind=kind,
        at=at,
        not_before=deals.created_at[deal],
        region=deals.region[deal],
        owner=world.organisation.user_n[deals.owner[deal]],
        account=place + 1,
        contact=np.where(single, contact[deal], other),
        opportunity=number[deal],
        lead=np.full(len(row), NOTHING),
        warmth=np.clip(weeks["warmth"][row], -2, 2),
    )

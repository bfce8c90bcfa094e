"""Accounts and their contacts: who they are, how they begin, double and merge."""

import numpy as np

from ingestion.sandbox.company import names, words
from ingestion.sandbox.company.geography import REGION_SHARE, ZONES, draw_countries
from ingestion.sandbox.company.tables import NOTHING
from ingestion.sandbox.company.times import (
    DAY,
    HOUR,
    Ints,
    first_day,
    into_working_hours,
    stream,
)
from ingestion.sandbox.company.world import FIRST_YEAR_SHARE, NEVER, World

SEGMENTS = ("SMB", "Mid-Market", "Enterprise")
SEGMENT_FLOORS = (150, 1_000)
ACCOUNTS_AT_START, PROSPECTED_IN_THREE_YEARS = 1_300, 600
CUSTOMERS_AT_START = 0.72
DOUBLED_A_MONTH = 0.0012


def draw_employees(rng: np.random.Generator, size: int) -> Ints:
    return np.clip(rng.lognormal(np.log(140), 1.5, size), 2, 180_000).astype(np.int64)


def segment_of(employees: Ints) -> Ints:
    return np.searchsorted(np.array(SEGMENT_FLOORS), employees, side="right")


def draw_seniority(rng: np.random.Generator, size: int) -> Ints:
    return rng.choice(len(words.SENIORITIES), size, p=words.SENIORITY_SHARE)


def random_instants(
    rng: np.random.Generator, month: int, zone: Ints, *, strays: float = 0.06
) -> Ints:
    """Instants in a month, nearly all of them in working hours and none outside of the month."""
    opens, closes = first_day(month) * DAY, first_day(month + 1) * DAY
    drawn = rng.integers(opens, closes - 4 * DAY, len(zone))
    late = rng.random(len(zone)) < 4 / 30
    drawn = np.where(late, rng.integers(closes - 4 * DAY, closes, len(zone)), drawn)
    moved = into_working_hours(rng, drawn, ZONES, zone, strays)
    return np.where(moved < closes, moved, drawn)


def add_accounts(
    world: World,
    rng: np.random.Generator,
    *,
    country: Ints,
    region: Ints,
    culture: Ints,
    company: Ints,
    industry: Ints,
    employees: Ints,
    owner: Ints,
    created_at: Ints,
    first_lead: Ints | None = None,
) -> Ints:
    """Adds accounts with one to seven contacts each, returns their places.

    A lead (by place) that is given becomes its account's first contact.
    """
    size = len(country)
    segment = segment_of(employees)
    contact_count = 1 + rng.poisson(np.array([0.7, 1.6, 3.0])[segment])
    contact_count = np.minimum(contact_count, 7)
    owner_of = np.repeat(np.arange(size), contact_count)
    rank = np.arange(len(owner_of)) - np.repeat(
        np.cumsum(contact_count) - contact_count, contact_count
    )
    person = names.draw(rng, len(owner_of))
    seniority = draw_seniority(rng, len(owner_of))
    lead = np.full(len(owner_of), NOTHING)
    if first_lead is not None:
        lead[rank == 0] = first_lead
        person[rank == 0] = world.leads["person"][first_lead]
        seniority[rank == 0] = world.leads["seniority"][first_lead]
    first_contact = len(world.contacts) + 1 + np.cumsum(contact_count) - contact_count
    places = world.accounts.extend(
        {
            "country": country, "region": region, "culture": culture, "company": company,
            "industry": industry, "employees": employees, "segment": segment, "owner": owner,
            "created_at": created_at, "first_contact": first_contact,
            "contact_count": contact_count,
            "won_at": np.full(size, NEVER), "won_value": np.zeros(size),
            "last_won_at": np.zeros(size, dtype=np.int64),
            "dead_at": np.full(size, NEVER), "doubled": np.zeros(size, dtype=bool),
            "taste": rng.normal(0, 1, size),
        }
    )  # fmt: skip
    revenue = np.round(employees * rng.lognormal(np.log(165_000), 0.5, size), -4)
    world.account_log.add(
        {
            "account_n": places + 1, "version_at": created_at, "company": company,
            "industry": industry, "employees": employees, "annual_revenue": revenue,
            "owner_n": world.organisation.user_n[owner], "merged_into_n": NOTHING,
            "is_deleted": False,
        }
    )  # fmt: skip
    grows = rng.random(size) < 0.12
    world.account_log.add(
        {
            "account_n": places[grows] + 1,
            "version_at": (created_at + rng.integers(40 * DAY, 700 * DAY, size))[grows],
            "employees": np.maximum(1, employees * rng.uniform(0.7, 1.6, size)).astype(np.int64)[
                grows
            ],
        }
    )
    add_contacts(
        world,
        account=places[owner_of],
        person=person,
        seniority=seniority,
        country=country[owner_of],
        culture=culture[owner_of],
        created_at=created_at[owner_of] + rank * 240,
        lead=lead,
    )
    moves = rng.random(len(owner_of)) < 0.05
    world.contact_log.add(
        {
            "contact_n": (first_contact[owner_of] + rank)[moves],
            "version_at": (created_at[owner_of] + rng.integers(30 * DAY, 800 * DAY, len(owner_of)))[
                moves
            ],
            "seniority": np.maximum(seniority - 1, 0)[moves],
        }
    )
    return places


def add_contacts(
    world: World,
    *,
    account: Ints,
    person: Ints,
    seniority: Ints,
    country: Ints,
    culture: Ints,
    created_at: Ints,
    lead: Ints,
) -> Ints:
    places = world.contacts.extend(
        {
            "account": account, "person": person, "country": country, "culture": culture,
            "created_at": created_at, "lead": lead,
        }
    )  # fmt: skip
    world.contact_log.add(
        {
            "contact_n": places + 1, "version_at": created_at, "account_n": account + 1,
            "seniority": seniority, "merged_into_n": NOTHING, "is_deleted": False,
        }
    )  # fmt: skip
    return places


def open_accounts(world: World, month: int, *, opening: bool) -> None:
    """A month's prospected accounts; at the opening those that were there before."""
    rng = stream(world.seed, "accounts", month)
    if opening:
        size = max(40, round(ACCOUNTS_AT_START * world.scale))
    else:
        mean = PROSPECTED_IN_THREE_YEARS * world.scale * FIRST_YEAR_SHARE * world.business(month)
        size = int(rng.poisson(mean))
    if size == 0:
        return
    region = rng.choice(len(REGION_SHARE), size, p=REGION_SHARE)
    country = draw_countries(rng, region)
    culture = names.COUNTRY_CULTURE[country]
    if opening:
        created_at = first_day(month) * DAY - rng.integers(20 * DAY, 900 * DAY, size)
        created_at = into_working_hours(rng, created_at, ZONES, region)
        owner_at = first_day(world.first_month) * DAY
    else:
        created_at = random_instants(rng, month, region)
        owner_at = first_day(month) * DAY
    places = add_accounts(
        world,
        rng,
        country=country,
        region=region,
        culture=culture,
        company=names.draw(rng, size),
        industry=rng.choice(len(words.INDUSTRIES), size, p=words.INDUSTRY_SHARE),
        employees=draw_employees(rng, size),
        owner=world.organisation.assign(rng, region, owner_at),
        created_at=created_at,
    )
    if opening:
        customers = places[rng.random(size) < CUSTOMERS_AT_START]
        bought_at = first_day(month) * DAY - rng.integers(5 * DAY, 400 * DAY, len(customers))
        world.accounts["won_at"][customers] = np.maximum(
            bought_at, world.accounts["created_at"][customers] + 4 * DAY
        )
        world.accounts["last_won_at"][customers] = world.accounts["won_at"][customers]
        median = np.array([8_000.0, 35_000.0, 150_000.0])[world.accounts["segment"][customers]]
        world.accounts["won_value"][customers] = median * rng.lognormal(0, 0.5, len(customers))


def double_accounts(world: World, month: int) -> Ints:
    """Enters some known companies again, to be merged away later; the doubles' places."""
    rng = stream(world.seed, "doubles", month)
    accounts = world.accounts
    known = np.flatnonzero(
        (accounts["dead_at"] == NEVER)
        & ~accounts["doubled"]
        & (accounts["created_at"] < first_day(month) * DAY)
    )
    chosen = known[rng.random(len(known)) < DOUBLED_A_MONTH]
    if len(chosen) == 0:
        return chosen
    region = accounts["region"][chosen]
    created_at = random_instants(rng, month, region)
    accounts["doubled"][chosen] = True
    places = add_accounts(
        world,
        rng,
        country=accounts["country"][chosen],
        region=region,
        culture=accounts["culture"][chosen],
        company=accounts["company"][chosen] % names.BARE + names.BARE,
        industry=accounts["industry"][chosen],
        employees=accounts["employees"][chosen],
        owner=world.organisation.assign(rng, region, first_day(month) * DAY),
        created_at=created_at,
    )
    accounts["doubled"][places] = True
    merged_at = into_working_hours(
        rng, created_at + rng.integers(4 * DAY, 70 * DAY, len(chosen)), ZONES, region
    )
    accounts["dead_at"][places] = merged_at
    world.merges.add({"kind": 0, "loser_n": places + 1, "winner_n": chosen + 1, "at": merged_at})
    world.account_log.add(
        {
            "account_n": places + 1, "version_at": merged_at, "is_deleted": True,
            "merged_into_n": chosen + 1,
        }
    )  # fmt: skip
    contacts = rng.random(len(chosen)) < 0.5
    loser, winner = accounts["first_contact"][places], accounts["first_contact"][chosen]
    contact_at = merged_at + rng.integers(60, 6 * HOUR, len(chosen))
    world.merges.add(
        {
            "kind": 1, "loser_n": loser[contacts], "winner_n": winner[contacts],
            "at": contact_at[contacts],
        }
    )  # fmt: skip
    world.contact_log.add(
        {
            "contact_n": loser[contacts], "version_at": contact_at[contacts], "is_deleted": True,
            "merged_into_n": winner[contacts],
        }
    )  # fmt: skip
    return places

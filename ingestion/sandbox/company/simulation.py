"""`simulate`: a company's months in order, each with its own random streams, as version logs.

What happens in a month depends on the months before it only, so the past is the same however far
the future is simulated. Deals from five months before `start` that were still open then are kept,
so that the pipeline is full on the first day; they bring no closings before `start`.

At scale 1, whatever the seed, three years hold about: 12,000 deals of which a third of the closed
are won after some 65 days (renewals 60 %, new business a quarter), bookings of 35 million dollars a
year that grow by about a fifth, twice as much in a fiscal quarter's last weeks as in its first, 900
open deals; 25,000 leads, of which 11 to 12 % convert within 90 days (referrals 30 %, cold outreach
4 %); 290,000 activities. Pipeline weighted by the reps' probabilities comes out 30 to 70 % above
what is won of it. A plain gradient boosting reaches an AUC of about 0.72 for leads when they are
created, 0.80 a week later, and 0.80 for open deals, where the reps' own probability reaches 0.70.
"""

from datetime import datetime

import numpy as np

from ingestion.sandbox.company.accounts import double_accounts, open_accounts, random_instants
from ingestion.sandbox.company.activities import add_activities, at_work
from ingestion.sandbox.company.assembly import assemble
from ingestion.sandbox.company.leads import create_leads, send_newsletters
from ingestion.sandbox.company.marketing import begin_campaigns
from ingestion.sandbox.company.opportunities import create_deals
from ingestion.sandbox.company.organisation import build_organisation
from ingestion.sandbox.company.tables import NOTHING, Company
from ingestion.sandbox.company.times import HOUR, month_of, month_start, stream
from ingestion.sandbox.company.world import NEVER, World

BACKLOG_MONTHS = 5


def simulate(seed: int, scale: float, start: datetime, until: datetime) -> Company:
    """The company from the month of `start` to `until`: all versions not later than `until`.

    `scale` multiplies counts; 1 is about 60 reps, 12,000 deals and 300,000 activities in three
    years. Raises ValueError unless `start` is before `until`, both know their time zone, and scale
    is positive.
    """
    if start.tzinfo is None or until.tzinfo is None:
        raise ValueError("start and until need a time zone, e.g. datetime(2026, 1, 1, tzinfo=UTC)")
    if start >= until:
        raise ValueError(f"start {start} must be before until {until}")
    if scale <= 0:
        raise ValueError(f"scale must be above 0, not {scale}")
    first_month, last_month = month_of(start), month_of(until)
    organisation = build_organisation(seed, scale, first_month, last_month + 1, BACKLOG_MONTHS)
    world = World(seed=seed, scale=scale, first_month=first_month, organisation=organisation)
    open_accounts(world, first_month - BACKLOG_MONTHS, opening=True)
    for month in range(first_month - BACKLOG_MONTHS, first_month):
        create_deals(world, month)
    for month in range(first_month, last_month + 1):
        begin_campaigns(world.campaigns, seed, scale, month, opening=month == first_month)
        open_accounts(world, month, opening=False)
        doubles = double_accounts(world, month)
        create_leads(world, month)
        send_newsletters(world, month)
        create_deals(world, month, doubles=doubles)
        _look_after_customers(world, month)
        _hand_over(world, month)
    return assemble(world, until)


def default_start(now: datetime) -> datetime:
    """Three years before `now`, at the start of that month."""
    return now.replace(year=now.year - 3, day=1, hour=0, minute=0, second=0, microsecond=0)


def _hand_over(world: World, month: int) -> None:
    """What leavers own goes to colleagues of their region on the evening they leave."""
    organisation = world.organisation
    opens, closes = month_start(month), month_start(month + 1)
    leavers = np.flatnonzero((organisation.left_at >= opens) & (organisation.left_at < closes))
    if len(leavers) == 0:
        return
    rng = stream(world.seed, "handover", month)
    left_at = int(organisation.left_at[leavers].max())
    for table, log, key, ends in (
        (world.accounts, world.account_log, "account_n", ("dead_at",)),
        (world.leads, world.lead_log, "lead_n", ("ends_at",)),
        (world.deals, world.deal_log, "opportunity_n", ("closed_at", "deleted_at")),
    ):
        over = np.min([table[name] for name in ends], axis=0)
        place = np.flatnonzero(np.isin(table["owner"], leavers) & (over > left_at))
        heir = organisation.assign(rng, table["region"][place], left_at + 1)
        minutes = left_at + 60 * np.arange(1, len(place) + 1) % (3 * HOUR)
        at = np.maximum(minutes, table["created_at"][place] + HOUR)
        table["owner"][place] = heir
        owner = organisation.user_n[heir]
        log.add({key: place + 1, "version_at": at, "owner_n": owner})
        if key != "account_n":
            world.handovers.add(
                {"of": int(key == "lead_n"), "number": place + 1, "at": at, "owner_n": owner}
            )


def _look_after_customers(world: World, month: int) -> None:
    """Calls and meetings with customers that belong to no deal."""
    rng = stream(world.seed, "care", month)
    accounts = world.accounts
    opens = month_start(month)
    customers = np.flatnonzero((accounts["won_at"] < opens) & (accounts["dead_at"] == NEVER))
    count = rng.poisson(0.55 * np.exp(0.2 * accounts["segment"][customers]))
    place = np.repeat(customers, count)
    region = accounts["region"][place]
    at = at_work(rng, random_instants(rng, month, region), region)
    contact = accounts["first_contact"][place] + (
        rng.random(len(place)) * accounts["contact_count"][place]
    ).astype(np.int64)
    add_activities(
        world,
        rng,
        kind=rng.choice(5, len(place), p=(0.3, 0.35, 0.2, 0.1, 0.05)),
        at=at,
        not_before=np.full(len(place), opens),
        region=region,
        owner=world.organisation.user_n[accounts["owner"][place]],
        account=place + 1,
        contact=contact,
        opportunity=np.full(len(place), NOTHING),
        lead=np.full(len(place), NOTHING),
        warmth=0.5 * accounts["taste"][place],
    )

"""Leads: where they come from, what makes them convert, and what happens to them until they do.

A lead's whole life is drawn when it is created. The chance to convert is logistic in source,
seniority, industry, size, country, campaign, the rep's response time and skill, and hidden
interest, which also drives opens, clicks, replies and responses. Conversion itself is carried out
by the month it falls in.
"""

import numpy as np
from numpy import exp, log

from ingestion.sandbox.company import names, words
from ingestion.sandbox.company.accounts import draw_employees, draw_seniority
from ingestion.sandbox.company.activities import add_activities, at_work
from ingestion.sandbox.company.geography import (
    COUNTRY_APPEAL,
    REGION_SHARE,
    ZONES,
    draw_countries,
)
from ingestion.sandbox.company.marketing import (
    FOLLOW_UP,
    WELCOME,
    campaign_of_leads,
    mail,
    newsletter_times,
)
from ingestion.sandbox.company.tables import NOTHING
from ingestion.sandbox.company.times import (
    DAY,
    HOUR,
    Floats,
    Ints,
    company_days,
    first_day,
    stream,
    to_utc,
    working_second,
)
from ingestion.sandbox.company.world import FIRST_YEAR_SHARE, NEVER, World

LEADS_IN_THREE_YEARS = 23_500
SOURCES = (
    "Website", "Google Ads", "Content Download", "Webinar", "Trade Show", "Referral", "Partner",
    "Cold Outreach",
)  # fmt: skip
SOURCE_SHARE = (0.20, 0.24, 0.16, 0.10, 0.09, 0.06, 0.06, 0.09)
SOURCE_FIT = (0.45, -0.05, -0.60, 0.05, -0.20, 1.55, 1.05, -1.10)
STATUSES = ("New", "Working", "Nurturing", "Qualified", "Disqualified", "Converted")
BASE = -3.26
TYPICAL_DAYS, SPREAD = 16.0, 0.85
DISQUALIFIED_SHARE, DISQUALIFIED_DAYS, DISQUALIFIED_SPREAD = 0.55, 24.0, 0.8
DOUBLED_SHARE, SPAM_SHARE, KNOWN_COMPANY_SHARE = 0.013, 0.006, 0.12


def create_leads(world: World, month: int) -> None:
    rng = stream(world.seed, "leads", month)
    mean = LEADS_IN_THREE_YEARS * world.scale * FIRST_YEAR_SHARE * world.business(month)
    originals = int(rng.poisson(mean))
    if originals == 0:
        return
    accounts = world.accounts
    region = rng.choice(len(REGION_SHARE), originals, p=REGION_SHARE)
    country = draw_countries(rng, region)
    culture = names.COUNTRY_CULTURE[country]
    company = names.draw(rng, originals)
    industry = rng.choice(len(words.INDUSTRIES), originals, p=words.INDUSTRY_SHARE)
    employees = draw_employees(rng, originals)
    known = np.full(originals, NOTHING)
    alive = np.flatnonzero(~accounts["doubled"] & (accounts["created_at"] < first_day(month) * DAY))
    hit = np.flatnonzero(rng.random(originals) < KNOWN_COMPANY_SHARE)
    known[hit] = rng.choice(alive, len(hit))
    for column, name in (
        (region, "region"), (country, "country"), (culture, "culture"), (company, "company"),
        (industry, "industry"), (employees, "employees"),
    ):  # fmt: skip
        column[hit] = accounts[name][known[hit]]
    source = rng.choice(len(SOURCES), originals, p=SOURCE_SHARE)
    created_at = _arrivals(rng, month, region)
    seniority = draw_seniority(rng, originals)
    interest = rng.normal(0, 1, originals)
    person = names.draw(rng, originals)
    of = np.arange(originals)

    doubles = np.flatnonzero(rng.random(originals) < DOUBLED_SHARE)
    of = np.concatenate([of, doubles])
    size = len(of)
    region, country, culture = region[of], country[of], culture[of]
    company, industry, employees = company[of], industry[of], employees[of]
    known, seniority, interest, person = known[of], seniority[of], interest[of], person[of]
    source, created_at = source[of], created_at[of]
    double = np.arange(size) >= originals
    created_at[double] += rng.integers(HOUR, 20 * DAY, len(doubles))
    source[double] = rng.choice(len(SOURCES), len(doubles), p=SOURCE_SHARE)

    organisation = world.organisation
    owner = organisation.assign(rng, region, first_day(month) * DAY)
    campaign = np.where(
        (source == 1) & (len(world.campaigns.number) > 0),
        campaign_of_leads(rng, world.campaigns, month, size),
        NOTHING,
    )
    quality = np.where(campaign >= 0, world.campaigns.quality[np.maximum(campaign, 0)], 0.0)
    response = np.minimum(
        HOUR * 4.0 * exp(0.55 * organisation.slowness[owner] + rng.normal(0, 1.25, size)),
        12.0 * DAY,
    ).astype(np.int64)
    touched_at = at_work(rng, created_at + 120 + response, region)
    response_hours = (touched_at - created_at) / HOUR
    score = (
        BASE
        + 1.2 * np.array(SOURCE_FIT)[source]
        + 1.2 * np.array(words.SENIORITY_FIT)[seniority]
        + 1.2 * np.array(words.INDUSTRY_FIT)[industry]
        + 1.2 * _size_fit(employees)
        + 1.2 * COUNTRY_APPEAL[country]
        + 0.30 * quality
        + 1.15 * interest
        - 0.28 * np.clip(log(response_hours / 10.0), -2.5, 2.0)
        + 0.22 * organisation.skill[owner]
        - 0.45 * organisation.ramp(owner, created_at)
        + 0.35 * (known >= 0)
    )
    chance = 1 / (1 + exp(-score))
    spam = (rng.random(size) < SPAM_SHARE) & ~double
    converts = (rng.random(size) < chance) & ~double & ~spam
    wait = TYPICAL_DAYS * DAY * exp(SPREAD * rng.normal(size=size))
    converted_at = np.where(
        converts, at_work(rng, touched_at + 2 * HOUR + wait.astype(np.int64), region), NEVER
    )
    given_up = ~converts & ~double & (rng.random(size) < DISQUALIFIED_SHARE)
    patience = DISQUALIFIED_DAYS * DAY * exp(DISQUALIFIED_SPREAD * rng.normal(size=size))
    given_up_at = np.where(
        given_up, at_work(rng, touched_at + 4 * HOUR + patience.astype(np.int64), region), NEVER
    )
    merged_at = np.where(double, created_at + rng.integers(6 * HOUR, 25 * DAY, size), NEVER)
    spam_at = np.where(spam, created_at + rng.integers(HOUR, 9 * DAY, size), NEVER)
    ends_at = np.minimum(np.minimum(converted_at, given_up_at), np.minimum(merged_at, spam_at))

    places = world.leads.extend(
        {
            "region": region, "country": country, "culture": culture, "company": company,
            "industry": industry, "employees": employees, "person": person, "source": source,
            "seniority": seniority, "known": known, "owner": owner, "campaign": campaign,
            "created_at": created_at, "converted_at": converted_at, "ends_at": ends_at,
            "interest": interest, "double": double, "chance": np.where(double | spam, 0.0, chance),
            "touched_at": touched_at,
        }
    )  # fmt: skip
    number = places + 1
    world.lead_log.add(
        {
            "lead_n": number, "version_at": created_at, "status": 0, "is_converted": False,
            "is_deleted": False, "merged_into_n": NOTHING,
            "owner_n": organisation.user_n[owner], "converted_at": NOTHING,
            "converted_account_n": NOTHING, "converted_contact_n": NOTHING,
            "converted_opportunity_n": NOTHING,
        }
    )  # fmt: skip
    touched = touched_at < ends_at
    world.lead_log.add({"lead_n": number[touched], "version_at": touched_at[touched], "status": 1})
    _later_statuses(world, rng, number, touched_at, converted_at, given_up_at, ends_at)
    for which, at, winner in (
        (double, merged_at, places[of] + 1),
        (spam, spam_at, np.full(size, NOTHING)),
    ):
        world.lead_log.add(
            {
                "lead_n": number[which], "version_at": at[which], "is_deleted": True,
                "merged_into_n": winner[which],
            }
        )  # fmt: skip
    world.merges.add(
        {
            "kind": 2, "loser_n": number[double], "winner_n": (places[of] + 1)[double],
            "at": merged_at[double],
        }
    )  # fmt: skip
    _members(world, rng, number, campaign, created_at, interest, region)
    _touches(world, rng, places)
    _automated_mail(world, rng, places)


def _size_fit(employees: Ints) -> Floats:
    """Best between a hundred and a thousand people; the tiniest hardly ever."""
    return 0.45 - 0.16 * (log(employees) - log(320)) ** 2


def _arrivals(rng: np.random.Generator, month: int, region: Ints) -> Ints:
    """Leads come at any time, though mostly on workdays and by day."""
    size = len(region)
    opens, closes = first_day(month), first_day(month + 1)
    days = np.arange(opens, closes)
    weight = np.where(np.isin((days + 3) % 7, (5, 6)), 0.4, 1.0)
    day = rng.choice(days, size, p=weight / weight.sum())
    second = np.where(rng.random(size) < 0.6, working_second(rng, size), rng.integers(0, DAY, size))
    return np.clip(to_utc(day, second, ZONES, region), opens * DAY, closes * DAY - 1)


def _later_statuses(
    world: World,
    rng: np.random.Generator,
    number: Ints,
    touched_at: Ints,
    converted_at: Ints,
    given_up_at: Ints,
    ends_at: Ints,
) -> None:
    size = len(number)
    qualified = (converted_at < NEVER) & (rng.random(size) < 0.8)
    part = rng.uniform(0.5, 0.95, size)
    qualified_at = touched_at + ((np.minimum(converted_at, NEVER) - touched_at) * part).astype(
        np.int64
    )
    false_hope = (converted_at == NEVER) & (rng.random(size) < 0.07)
    hope_at = touched_at + rng.integers(DAY, 20 * DAY, size)
    nurtured_at = touched_at + rng.integers(5 * DAY, 30 * DAY, size)
    nurtured = rng.random(size) < np.where(converted_at < NEVER, 0.15, 0.5)
    for which, at, status in (
        (qualified, qualified_at, 3),
        (false_hope, hope_at, 3),
        (nurtured & ~qualified & ~false_hope, nurtured_at, 2),
        (given_up_at < NEVER, given_up_at, 4),
    ):
        which = which & (at <= ends_at)
        world.lead_log.add({"lead_n": number[which], "version_at": at[which], "status": status})


def _members(
    world: World,
    rng: np.random.Generator,
    number: Ints,
    campaign: Ints,
    created_at: Ints,
    interest: Floats,
    region: Ints,
) -> None:
    """A lead of a campaign is its member; interested ones respond."""
    member = campaign >= 0
    responds = member & (rng.random(len(number)) < 1 / (1 + exp(0.3 - 0.9 * interest)))
    responded_at = created_at + rng.exponential(4 * DAY, len(number)).astype(np.int64) + 600
    world.member_log.add(
        {
            "member_n": number[member], "version_at": created_at[member] + 5,
            "campaign_n": world.campaigns.number[campaign[member]], "lead_n": number[member],
            "status": 0, "responded_on": NOTHING,
        }
    )  # fmt: skip
    if responds.any():
        world.member_log.add(
            {
                "member_n": number[responds],
                "version_at": responded_at[responds],
                "status": 1,
                "responded_on": company_days(responded_at[responds]),
            }
        )


def _touches(world: World, rng: np.random.Generator, places: Ints) -> None:
    """What reps do with leads: the first touch, follow-ups, meetings before conversion."""
    leads = world.leads
    start = leads["touched_at"][places]
    horizon = np.minimum(leads["ends_at"][places], start + 60 * DAY)
    interest, converts = leads["interest"][places], leads["converted_at"][places] < NEVER
    count = (start < horizon) * (
        1 + rng.poisson(exp(0.75 + 0.25 * np.clip(interest, -2, 2)), len(places))
    )
    row = np.repeat(np.arange(len(places)), count)
    rank = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    spread = rng.random(len(row)) ** 1.6 * (horizon - start)[row]
    at = start[row] + np.where(rank == 0, 0, spread.astype(np.int64))
    at = np.where(rank == 0, at, at_work(rng, at, leads["region"][places[row]]))
    at = np.minimum(at, horizon[row])
    kind = rng.choice(5, len(row), p=(0.38, 0.45, 0.0, 0.12, 0.05))
    kind = np.where((rank == 0) & (kind > 1), 1, kind)

    meets = rng.random(len(places)) < np.where(converts, 0.62, 0.035 + 0.03 * (interest > 0.8))
    meets &= horizon - start > 2 * DAY
    meeting = np.flatnonzero(meets)
    part = rng.uniform(0.35, 0.97, len(meeting))
    meeting_at = start[meeting] + ((horizon - start)[meeting] * part).astype(np.int64)
    row = np.concatenate([row, meeting])
    at = np.concatenate([at, at_work(rng, meeting_at, leads["region"][places[meeting]])])
    kind = np.concatenate([kind, np.full(len(meeting), 2)])
    lead = places[row]
    nothing = np.full(len(row), NOTHING)
    add_activities(
        world,
        rng,
        kind=kind,
        at=at,
        not_before=leads["created_at"][lead],
        region=leads["region"][lead],
        owner=world.organisation.user_n[leads["owner"][lead]],
        account=nothing,
        contact=nothing,
        opportunity=nothing,
        lead=lead + 1,
        warmth=leads["interest"][lead],
    )


def _automated_mail(world: World, rng: np.random.Generator, places: Ints) -> None:
    """A welcome mail in the first hours, a follow-up after some days."""
    leads = world.leads
    created_at, ends_at = leads["created_at"][places], leads["ends_at"][places]
    mailable = leads["person"][places] % 41 != 0
    wanted = leads["person"][places] % 10 < 8
    for campaign, share, delay, spread in (
        (WELCOME, 0.92, 120, 2 * HOUR),
        (FOLLOW_UP, 0.62, 4 * DAY, 3 * DAY),
    ):
        sent = created_at + delay + rng.integers(0, spread, len(places))
        chosen = wanted & (rng.random(len(places)) < share) & (sent < ends_at)
        if campaign == FOLLOW_UP:
            chosen &= mailable
        mail(
            world.mail_log,
            rng,
            np.full(int(chosen.sum()), campaign),
            places[chosen] + 1,
            sent[chosen],
            leads["interest"][places][chosen],
            mailable[chosen],
        )


def send_newsletters(world: World, month: int) -> None:
    """Newsletters to leads of the last nine months that are neither converted nor given up."""
    rng = stream(world.seed, "newsletters", month)
    leads = world.leads
    if len(leads) == 0:
        return
    for sent_at in newsletter_times(rng, month, world.scale):
        world.mailing_count += 1
        world.mailing_log.add(
            {
                "email_campaign_n": np.array([world.mailing_count]), "sent_at": int(sent_at),
                "topic": int(rng.integers(0, 10)),
            }
        )  # fmt: skip
        place = np.flatnonzero(
            (leads["created_at"] < sent_at)
            & (leads["created_at"] > sent_at - 270 * DAY)
            & (leads["ends_at"] > sent_at)
            & (leads["person"] % 10 < 8)
            & (leads["person"] % 41 != 0)
        )
        place = place[rng.random(len(place)) < 0.28]
        mail(
            world.mail_log,
            rng,
            np.full(len(place), world.mailing_count),
            place + 1,
            sent_at + rng.integers(0, 1_200, len(place)),
            leads["interest"][place],
            np.ones(len(place), dtype=bool),
        )

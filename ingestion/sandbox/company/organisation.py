"""The sales organisation: chief, vice presidents, managers, reps; who comes, goes and changes team.

Hires join three days before their first month, leavers go on the last day but one of a month, and a
region never falls below two reps. Skill, slowness and optimism are hidden causes.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np

from ingestion.sandbox.company import names
from ingestion.sandbox.company.geography import (
    REGION_SHARE,
    REGIONS,
    draw_countries,
)
from ingestion.sandbox.company.tables import NOTHING, Log
from ingestion.sandbox.company.times import (
    DAY,
    FIRST_FISCAL_MONTH,
    HOUR,
    Floats,
    Ints,
    first_day,
    stream,
)

ROLES = ("CRO", "VP", "Manager", "Rep")
REPS_AT_START, YEARLY_GROWTH = 52, 0.11
LEAVES_A_MONTH, TEAM_CHANGES_A_MONTH = 0.017, 0.006
MONTHLY_QUOTA = 52_000.0
MONTH_IN_QUARTER_WEIGHT = (0.80, 0.90, 1.30)
STAYS = 1 << 40
EMAIL_DOMAIN = "meridia-cloud.example"


@dataclass
class Organisation:
    """Reps in arrays (index = place, `user_n` = number) and the logs of users and quotas."""

    user_n: Ints
    region: Ints
    hired_at: Ints
    left_at: Ints
    skill: Floats
    slowness: Floats
    optimism: Floats
    users: Log
    quotas: Log
    culture: Ints
    person: Ints

    def place(self, user_n: Ints) -> Ints:
        return np.searchsorted(self.user_n, user_n)

    def ramp(self, place: Ints, at: Ints) -> Floats:
        """What a rep still lacks: 1 on the first day, a third after about three months."""
        months = np.maximum(at - self.hired_at[place], 0) / (30.4 * DAY)
        return np.exp(-months / 3.0)

    def assign(self, rng: np.random.Generator, region: Ints, at: int) -> Ints:
        """A rep active at `at` in each of the regions, by place; reps in ramp get fewer."""
        chosen = np.zeros(len(region), dtype=np.int64)
        for number in range(len(REGIONS)):
            here = np.flatnonzero(region == number)
            if len(here) == 0:
                continue
            reps = np.flatnonzero(
                (self.region == number) & (self.hired_at <= at) & (self.left_at > at)
            )
            weight = 1.0 - 0.7 * self.ramp(reps, np.full(len(reps), at))
            chosen[here] = rng.choice(reps, len(here), p=weight / weight.sum())
        return chosen


def build_organisation(
    seed: int, scale: float, first_month: int, last_month: int, backlog_months: int
) -> Organisation:
    rng = stream(seed, "organisation", first_month)
    users, quotas = Log(), Log()
    begins = (first_day(first_month - backlog_months) - 400) * DAY
    headcount = np.maximum(2, np.round(REGION_SHARE * REPS_AT_START * scale)).astype(int)
    team_count = [
        min(len(region.teams), max(1, ceil(count / 5)))
        for region, count in zip(REGIONS, headcount, strict=True)
    ]
    leaders = 1 + len(REGIONS) + sum(team_count)
    people: list[tuple[int, int, int]] = []

    def person(region: int, source: np.random.Generator) -> int:
        country = int(draw_countries(source, np.array([region]))[0])
        people.append((int(names.COUNTRY_CULTURE[country]), int(names.draw(source, 1)[0]), country))
        return len(people)

    def enter(
        role: int, region: int, team: int, manager: int, day: int, number: int, at: int
    ) -> None:
        users.add(
            {
                "user_n": np.array([number]), "version_at": at, "role": role, "team": team,
                "region": region, "manager_n": manager, "hired_on": day, "is_active": True,
            }
        )  # fmt: skip

    day0 = begins // DAY
    chief = person(0, rng)
    enter(0, 0, NOTHING, NOTHING, day0, chief, begins)
    vice = [person(region, rng) for region in range(len(REGIONS))]
    for region, number in enumerate(vice):
        enter(1, region, NOTHING, chief, day0, number, begins)
    manager: dict[tuple[int, int], int] = {}
    for region, count in enumerate(team_count):
        for team in range(count):
            manager[region, team] = person(region, rng)
            enter(2, region, team, vice[region], day0, manager[region, team], begins)
    assert len(people) == leaders

    regions: list[int] = []
    teams: list[int] = []
    hired: list[int] = []
    left: list[int] = []

    def hire(region: int, day: int, at: int, source: np.random.Generator) -> None:
        members = [
            sum(1 for r, t, gone in zip(regions, teams, left, strict=True)
                if r == region and t == team and gone == STAYS)
            for team in range(team_count[region])
        ]  # fmt: skip
        team = int(np.argmin(members))
        number = person(region, source)
        regions.append(region)
        teams.append(team)
        hired.append(day * DAY + 8 * HOUR)
        left.append(STAYS)
        enter(3, region, team, manager[region, team], day, number, at)
        quarter_left = (3 - (month_at - FIRST_FISCAL_MONTH + 1) % 3) if month_at else 0
        for ahead in range(quarter_left):
            _set_quota(quotas, source, number, month_at + ahead, day, at + 2 * HOUR)

    month_at = 0
    for region, count in enumerate(headcount):
        for _ in range(count):
            tenure = int(rng.exponential(500))
            hire(region, day0 - tenure, begins, rng)

    for month in range(first_month, last_month + 1):
        source = stream(seed, "organisation of a month", month)
        month_at = month
        opens = first_day(month)
        growth = (1 + YEARLY_GROWTH) ** ((month - first_month) / 12)
        for region in range(len(REGIONS)):
            active = [i for i, r in enumerate(regions) if r == region and left[i] == STAYS]
            target = max(2, round(float(REGION_SHARE[region]) * REPS_AT_START * scale * growth))
            for _ in range(target - len(active)):
                hire(region, opens - 3, (opens - 3) * DAY + 12 * HOUR, source)
        if (month + 1 - FIRST_FISCAL_MONTH) % 3 == 0:
            for i, gone in enumerate(left):
                if gone == STAYS and hired[i] < (opens - 3) * DAY:
                    for ahead in range(3):
                        day = hired[i] // DAY
                        at = (opens - 10) * DAY + 14 * HOUR + 60 * i
                        _set_quota(quotas, source, leaders + 1 + i, month + ahead, day, at)
        ends = first_day(month + 1)
        for i, region in enumerate(regions):
            luck, moves = source.random(2)
            others = sum(
                1 for r, gone in zip(regions, left, strict=True) if r == region and gone == STAYS
            )
            if left[i] != STAYS:
                continue
            if luck < LEAVES_A_MONTH and others > 2 and hired[i] < opens * DAY:
                left[i] = (ends - 2) * DAY + 21 * HOUR
                users.add(
                    {
                        "user_n": np.array([leaders + 1 + i]),
                        "version_at": left[i],
                        "is_active": False,
                    }
                )
            elif moves < TEAM_CHANGES_A_MONTH and team_count[region] > 1:
                teams[i] = (teams[i] + 1) % team_count[region]
                users.add(
                    {
                        "user_n": np.array([leaders + 1 + i]),
                        "version_at": (opens + int(source.integers(2, 26))) * DAY + 15 * HOUR,
                        "team": teams[i],
                        "manager_n": manager[region, teams[i]],
                    }
                )
    nature = np.array(
        [stream(seed, "nature of a rep", i).normal(size=3) for i in range(len(regions))]
    ).reshape(-1, 3)
    return Organisation(
        user_n=leaders + 1 + np.arange(len(regions)),
        region=np.array(regions),
        hired_at=np.array(hired),
        left_at=np.array(left),
        skill=nature[:, 0],
        slowness=nature[:, 1],
        optimism=0.07 + 0.05 * nature[:, 2],
        users=users,
        quotas=quotas,
        culture=np.array([p[0] for p in people]),
        person=np.array([p[1] for p in people]),
    )


def _set_quota(
    quotas: Log, source: np.random.Generator, user_n: int, month: int, hired_day: int, at: int
) -> None:
    """A month's target: full after half a year, more each year, most in a quarter's last month."""
    tenure = max(0, (first_day(month) - hired_day) // 30)
    ramp = min(1.0, 0.15 + 0.17 * tenure)
    weight = MONTH_IN_QUARTER_WEIGHT[(month + 1 - FIRST_FISCAL_MONTH) % 3]
    yearly = 1.05 ** ((first_day(month) - 19_600) / 365)
    amount = round(MONTHLY_QUOTA * ramp * weight * yearly * float(source.uniform(0.9, 1.1)), -2)
    quotas.add(
        {
            "quota_n": np.array([month * 100_000 + user_n]), "version_at": at, "user_n": user_n,
            "month": first_day(month), "amount": amount,
        }
    )  # fmt: skip
    if source.random() < 0.03:
        quotas.add(
            {
                "quota_n": np.array([month * 100_000 + user_n]),
                "version_at": at + int(source.integers(3, 12)) * DAY,
                "amount": round(amount * float(source.uniform(0.85, 1.1)), -2),
            }
        )


def user_words(organisation: Organisation) -> tuple[names.Strings, names.Strings, names.Strings]:
    """First names, last names and addresses of all users, by number less one."""
    given, given_latin = names.given_names(organisation.culture, organisation.person)
    family, family_latin = names.family_names(organisation.culture, organisation.person)
    domain = np.full(len(given), EMAIL_DOMAIN, object)
    email = names.addresses(given_latin, family_latin, domain, np.full(len(given), 512))
    return given, family, email.to_numpy()

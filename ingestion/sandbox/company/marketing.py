"""Google Ads campaigns with daily figures, and e-mail campaigns with what their recipients did."""

from dataclasses import dataclass

import numpy as np

from ingestion.sandbox.company.geography import ZONES
from ingestion.sandbox.company.tables import Log
from ingestion.sandbox.company.times import (
    DAY,
    HOUR,
    Bools,
    Floats,
    Ints,
    first_day,
    into_working_hours,
    month_start,
    stream,
    to_utc,
)

CHANNELS = ("Search", "Display", "Video", "Demand Gen")
CHANNEL_SHARE = (0.52, 0.20, 0.12, 0.16)
CLICK_COST = (5.2, 1.4, 2.3, 1.9)
CLICK_RATE = (0.042, 0.006, 0.011, 0.012)
CONVERSION_RATE = (0.034, 0.006, 0.008, 0.014)
STATUSES = ("Enabled", "Paused", "Removed")
THEMES = (
    "Pipeline Clarity", "Forecast Friday", "RevOps Guide", "CRM Cleanup", "Quota Season", "Brand",
    "Competitor Terms", "Pricing Intent", "Retargeting", "Lookalike Buyers", "Year-End Budget",
    "Webinar Series", "Umsatzplanung", "営業予測", "Previsão de Vendas", "Ventas B2B",
)  # fmt: skip
CAMPAIGNS_AT_START, CAMPAIGNS_IN_THREE_YEARS = 22, 200
EMAIL_EVENTS = ("SENT", "DELIVERED", "OPEN", "CLICK", "BOUNCE", "STATUSCHANGE")
WELCOME, FOLLOW_UP = 1, 2
MAIL_TOPICS = (
    "Product news", "Customer story: how they halved slippage", "Forecasting handbook", "Webinar",
    "Benchmark report", "Road show", "Pricing webinar", "Season's greetings", "Release notes",
    "Survey: state of revenue teams",
)  # fmt: skip


@dataclass
class Campaigns:
    """All campaigns begun so far, and the logs of campaigns and their days."""

    number: Ints
    begins: Ints
    ends: Ints
    pull: Floats
    quality: Floats
    log: Log
    daily: Log


def no_campaigns() -> Campaigns:
    none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
    return Campaigns(none, none, none, nothing, nothing, Log(), Log())


def begin_campaigns(
    campaigns: Campaigns, seed: int, scale: float, month: int, *, opening: bool
) -> None:
    """Begins a month's campaigns and draws their whole life; at the opening also older ones."""
    rng = stream(seed, "campaigns", month)
    monthly = (CAMPAIGNS_IN_THREE_YEARS - CAMPAIGNS_AT_START) / 36 * scale
    size = int(rng.poisson(monthly))
    if opening:
        size += max(3, round(CAMPAIGNS_AT_START * scale))
    if size == 0:
        return
    number = len(campaigns.number) + 1 + np.arange(size)
    channel = rng.choice(len(CHANNELS), size, p=CHANNEL_SHARE)
    begins = first_day(month) + rng.integers(0, 28, size)
    length = np.clip(rng.lognormal(np.log(130), 0.6, size), 20, 600).astype(np.int64)
    if opening:
        begins = np.where(np.arange(size) < size // 2, first_day(month), begins)
    ends = begins + length
    budget = np.round(rng.lognormal(np.log(95), 0.6, size), 0) + 10
    quality = rng.normal(0, 1, size)
    theme = rng.integers(0, len(THEMES), size)
    hour = rng.integers(0, 24, size)
    launched = (begins - rng.integers(1, 9, size)) * DAY + hour * HOUR + rng.integers(0, HOUR, size)
    if not opening:
        launched = np.maximum(launched, month_start(month) + 60 + np.arange(size))
    campaigns.log.add(
        {
            "campaign_n": number, "version_at": launched, "theme": theme, "channel": channel,
            "status": 0, "start_date": begins, "end_date": ends, "budget": budget,
        }
    )  # fmt: skip
    raised = rng.random(size) < 0.35
    campaigns.log.add(
        {
            "campaign_n": number[raised],
            "version_at": (launched + length * DAY // 3)[raised] + 1_800,
            "budget": np.round(budget * rng.uniform(0.7, 1.6, size), 0)[raised],
        }
    )
    over = (ends + 1) * DAY + hour * HOUR + 900
    campaigns.log.add({"campaign_n": number, "version_at": over, "status": 1})
    gone = rng.random(size) < 0.3
    campaigns.log.add(
        {
            "campaign_n": number[gone],
            "version_at": (over + rng.integers(10, 90, size) * DAY)[gone],
            "status": 2,
        }
    )
    _add_days(campaigns.daily, rng, number, begins, length, channel, budget, quality, hour)
    campaigns.number = np.concatenate([campaigns.number, number])
    campaigns.begins = np.concatenate([campaigns.begins, begins])
    campaigns.ends = np.concatenate([campaigns.ends, ends])
    campaigns.pull = np.concatenate([campaigns.pull, budget * np.exp(0.3 * quality)])
    campaigns.quality = np.concatenate([campaigns.quality, quality])


def _add_days(
    daily: Log,
    rng: np.random.Generator,
    number: Ints,
    begins: Ints,
    length: Ints,
    channel: Ints,
    budget: Floats,
    quality: Floats,
    hour: Ints,
) -> None:
    """A row a day, published the day after and restated up to 30 days as conversions come in."""
    row = np.repeat(np.arange(len(number)), length)
    age = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length)
    day = begins[row] + age
    kind = channel[row]
    weekend = np.isin((day + 3) % 7, (5, 6))
    cost = budget[row] * rng.beta(6, 1.5, len(row)) * np.where(weekend, 0.55, 1.05)
    clicks = rng.poisson(cost / (np.array(CLICK_COST)[kind] * rng.lognormal(0, 0.15, len(row))))
    rate = np.array(CLICK_RATE)[kind] * np.exp(0.15 * quality[row])
    impressions = clicks + rng.poisson(np.maximum(clicks, 0.6) / rate)
    conversions = rng.binomial(
        clicks, np.array(CONVERSION_RATE)[kind] * np.exp(0.25 * quality[row])
    )
    value = np.round(conversions * rng.uniform(0.9, 1.0, len(row)), 2)
    minute = rng.integers(0, HOUR, len(row))
    first = (day + 1) * DAY + hour[row] * HOUR + minute
    days = {"campaign_n": number[row], "date": day}
    early, late = rng.uniform(0.45, 0.9, len(row)), rng.uniform(0.85, 1.0, len(row))
    daily.add(
        days
        | {
            "version_at": first, "cost": np.round(cost * rng.uniform(0.97, 1.0, len(row)), 2),
            "impressions": impressions, "clicks": clicks,
            "conversions": np.round(value * early * late, 2),
        }
    )  # fmt: skip
    for share, wait, part in ((0.6, (2, 7), late), (0.45, (9, 29), np.ones(len(row)))):
        again = rng.random(len(row)) < share
        daily.add(
            {name: values[again] for name, values in days.items()}
            | {
                "version_at": (first + rng.integers(*wait, len(row)) * DAY)[again],
                "cost": np.round(cost, 2)[again], "impressions": impressions[again],
                "clicks": clicks[again], "conversions": np.round(value * part, 2)[again],
            }
        )  # fmt: skip


def campaign_of_leads(
    rng: np.random.Generator, campaigns: Campaigns, month: int, size: int
) -> Ints:
    """Places of campaigns that run in the month, chosen by their pull; nothing runs: the latest."""
    opens, closes = first_day(month), first_day(month + 1)
    running = np.flatnonzero((campaigns.begins <= opens + 5) & (campaigns.ends >= closes - 10))
    if len(running) == 0:
        running = np.array([len(campaigns.number) - 1])
    weight = campaigns.pull[running]
    return rng.choice(running, size, p=weight / weight.sum())


def mail(
    events: Log,
    rng: np.random.Generator,
    campaign: Ints,
    lead: Ints,
    sent: Ints,
    interest: Floats,
    mailable: Bools,
) -> Ints:
    """What became of a batch of mails; returns the number of clicks of each.

    Opening and clicking depend on hidden interest; bounces end it, a few recipients unsubscribe.
    """
    size = len(lead)
    bounced = ~mailable
    opened = ~bounced & (rng.random(size) < 1 / (1 + np.exp(0.95 - 0.85 * interest)))
    clicked = opened & (rng.random(size) < 1 / (1 + np.exp(1.5 - 0.9 * interest)))
    left = opened & (rng.random(size) < 0.008)
    again = opened & (rng.random(size) < 0.25)
    delivered_at = sent + rng.integers(2, 90, size)
    opened_at = delivered_at + 20 + rng.exponential(9 * HOUR, size).astype(np.int64)
    clicked_at = opened_at + 5 + rng.exponential(90, size).astype(np.int64)
    second_at = opened_at + HOUR + rng.exponential(20 * HOUR, size).astype(np.int64)
    left_at = opened_at + 30 + rng.exponential(60, size).astype(np.int64)
    everyone = np.ones(size, dtype=bool)
    for kind, which, at in (
        (0, everyone, sent),
        (1, ~bounced, delivered_at),
        (4, bounced, delivered_at + 30),
        (2, opened, opened_at),
        (3, clicked, clicked_at),
        (2, again, second_at),
        (5, left, left_at),
    ):
        events.add(
            {
                "email_campaign_n": campaign[which], "lead_n": lead[which], "type": kind,
                "occurred_at": at[which],
            }
        )  # fmt: skip
    return clicked.astype(np.int64)


def newsletter_times(rng: np.random.Generator, month: int, scale: float) -> Ints:
    """One or two newsletters a month; small companies send them too."""
    count = 2 if rng.random() < 0.58 else 1
    day = first_day(month) + np.sort(rng.integers(1, 26, count))
    day = day + np.isin((day + 3) % 7, (5, 6)) * 2
    zone = np.zeros(count, dtype=np.int64)
    return into_working_hours(
        rng, to_utc(day, np.full(count, 9 * HOUR + 1_800), ZONES, zone), ZONES, zone
    ) + np.arange(count)


def automated_since(first_month: int) -> int:
    return month_start(first_month) - 20 * DAY

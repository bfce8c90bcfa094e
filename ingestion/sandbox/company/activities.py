"""What reps do: calls, e-mails, meetings, tasks and notes, and how each is entered into the CRM.

Calls, e-mails and notes are entered once, after the fact. Meetings are booked ahead and completed
at their end; those that are called off are deleted (HubSpot also knows no-shows). Tasks have a due
time and are completed at another, or never.
"""

import numpy as np

from ingestion.sandbox.company.geography import HUBSPOT_REGIONS, ZONES
from ingestion.sandbox.company.tables import NOTHING
from ingestion.sandbox.company.times import DAY, HOUR, Ints, into_working_hours
from ingestion.sandbox.company.world import World

TYPES = ("call", "email", "meeting", "task", "note")
CALL, EMAIL, MEETING, TASK, NOTE = range(5)
DIRECTIONS = ("outbound", "inbound")
OUTCOMES = ("Connected", "No Answer", "Left Voicemail", "Busy", "Completed", "No Show", "Replied")
SUBJECTS = (
    ("Call: discovery", "Call: follow-up", "Call: intro", "Telefonat: Rückfrage", "Check-in call",
     "Llamada de seguimiento", "Call: next steps", "電話フォロー"),
    ("Re: proposal", "Following up", "Quick question", "Re: Angebot", "Case study for your team",
     "Re: precios", "Agenda for Thursday", "お見積りの件", "Summary of our call"),
    ("Discovery meeting", "Product demo", "Technical deep dive", "Pricing review",
     "Kick-off workshop",
     "Executive briefing", "Démo produit", "デモ"),
    ("Send proposal", "Prepare quote", "Update close plan", "Research account",
     "Send contract draft",
     "Loop in legal", "Confirm budget holder"),
    ("Meeting notes", "Budget confirmed", "Stakeholder map", "Champion changed", "Risk: timing"),
)  # fmt: skip
DELETED_SHARE = 0.006


def add_activities(
    world: World,
    rng: np.random.Generator,
    *,
    kind: Ints,
    at: Ints,
    not_before: Ints,
    region: Ints,
    owner: Ints,
    account: Ints,
    contact: Ints,
    opportunity: Ints,
    lead: Ints,
    warmth: np.ndarray,
) -> None:
    """Enters activities that happen at `at`; numbers are NOTHING where there is no such record.

    `warmth` (about -2 to 2) is the other side's interest: more answers, more mail from them.
    """
    size = len(kind)
    if size == 0:
        return
    in_hubspot = np.isin(region, HUBSPOT_REGIONS)
    kind = np.where((kind == NOTE) & ~in_hubspot, TASK, kind)
    number = world.activity_count + 1 + np.arange(size)
    world.activity_count += size
    answered = rng.random(size) < 1 / (1 + np.exp(0.4 - 0.7 * warmth))
    inbound = np.isin(kind, (CALL, EMAIL)) & (
        rng.random(size) < np.where(kind == EMAIL, 0.9, 0.25) / (1 + np.exp(0.9 - 0.8 * warmth))
    )
    direction = np.where(np.isin(kind, (CALL, EMAIL)), inbound.astype(np.int64), NOTHING)
    voice = np.where(answered | inbound, 0, 1 + rng.choice(3, size, p=(0.55, 0.35, 0.10)))
    meeting_length = rng.choice(
        (900, 1_800, 2_700, 3_600, 5_400), size, p=(0.1, 0.4, 0.15, 0.3, 0.05)
    )
    talk = np.where(voice == 0, rng.lognormal(np.log(420), 0.8, size), rng.uniform(5, 45, size))
    duration = np.where(
        kind == CALL, talk.astype(np.int64), np.where(kind == MEETING, meeting_length, NOTHING)
    )
    outcome = np.where(
        kind == CALL,
        voice,
        np.where((kind == EMAIL) & answered & ~inbound, 6, NOTHING),
    )
    subject_count = np.array([len(pool) for pool in SUBJECTS])
    first_subject = np.cumsum(subject_count) - subject_count
    subject = first_subject[kind] + rng.integers(0, 1 << 20, size) % subject_count[kind]

    logged = np.where(kind == CALL, np.maximum(duration, 0), 0) + rng.integers(2, 900, size)
    booked = at - rng.exponential(4 * DAY, size).astype(np.int64) - HOUR
    planned = at - rng.exponential(2.5 * DAY, size).astype(np.int64) - HOUR // 2
    created = np.where(kind == MEETING, booked, np.where(kind == TASK, planned, at + logged))
    created = np.maximum(created, not_before + 60)
    at = np.where(np.isin(kind, (CALL, EMAIL, NOTE)), at, np.maximum(at, created + 60))
    later = np.isin(kind, (MEETING, TASK))
    minutes = np.where(kind == MEETING, at // 900 * 900, at)
    at = np.where((kind == MEETING) & (minutes > created), minutes, at)
    due = np.where(kind == TASK, np.maximum(at + rng.integers(-DAY, DAY, size), created), at)
    world.activity_log.add(
        {
            "activity_n": number, "version_at": created, "created_at": created, "type": kind,
            "direction": direction, "subject": subject, "occurred_at": due,
            "duration_seconds": duration,
            "outcome": np.where(later, NOTHING, outcome), "is_completed": ~later,
            "is_deleted": False, "region": region,
            "owner_n": owner, "account_n": account, "contact_n": contact,
            "opportunity_n": opportunity, "lead_n": lead,
        }
    )  # fmt: skip

    fate = rng.random(size)
    held = (kind == MEETING) & (fate > 0.09)
    missed = (kind == MEETING) & (fate <= 0.04) & in_hubspot
    called_off = (kind == MEETING) & ~held & ~missed
    done = (kind == TASK) & (fate > 0.14)
    ended = at + np.where(kind == MEETING, duration, 0)
    for which, values in (
        (held, {"outcome": 4, "is_completed": True}),
        (missed, {"outcome": 5}),
        (done, {"outcome": 4, "is_completed": True}),
    ):
        patch = {"activity_n": number[which], "version_at": ended[which], **values}
        world.activity_log.add(patch | ({"occurred_at": at[which]} if which is done else {}))
    off_at = created + ((at - created) * rng.uniform(0.2, 0.95, size)).astype(np.int64) + 1
    gone = (rng.random(size) < DELETED_SHARE) & ~called_off
    gone_at = ended + logged + rng.integers(HOUR, 30 * DAY, size)
    for which, when in ((called_off, off_at), (gone, gone_at)):
        world.activity_log.add(
            {"activity_n": number[which], "version_at": when[which], "is_deleted": True}
        )


def at_work(rng: np.random.Generator, at: Ints, region: Ints) -> Ints:
    return into_working_hours(rng, at, ZONES, region, strays=0.05)

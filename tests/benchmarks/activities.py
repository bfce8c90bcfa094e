"""Sales activities as Salesforce tells them in CSV: as many as wanted, always the same ones."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from ingestion.sources.salesforce.settings import SOBJECTS, SObject

TASK, EVENT = (
    next(sobject for sobject in SOBJECTS if sobject.name == name) for name in ("Task", "Event")
)
TASKS_OF_TEN = 7
_REFERENCES = {
    "WhoId": ("003", 200_000),
    "WhatId": ("006", 40_000),
    "AccountId": ("001", 20_000),
    "OwnerId": ("005", 60),
}
_WORDS: Mapping[str, Sequence[str]] = {
    "Type": ("Call", "Email", "To-do"),
    "TaskSubtype": ("Call", "Email", "Task"),
    "EventSubtype": ("Event",),
    "Status": ("Completed", "Completed", "Completed", "Not Started", "In Progress"),
    "CallDisposition": ("Connected", "Voicemail", "No answer", ""),
    "Direction__c": ("Outbound", "Outbound", "Inbound"),
    "IsClosed": ("true", "true", "true", "false"),
}
_TOPICS = ("Intro", "Demo", "Pricing", "Security review", "Renewal", "Next steps", "Contract")
_INSTANTS = ("CreatedDate", "SystemModstamp", "CompletedDateTime", "StartDateTime", "EndDateTime")


def activities(
    sobject: SObject, numbers: np.ndarray, changed_at: np.ndarray, *, deleted: np.ndarray
) -> pl.DataFrame:
    """One record a number, all columns text, by the names of the object's fields.

    `changed_at` are their times of modification (datetime64), `deleted` says which are tombstones.
    """
    count = len(numbers)
    dice = np.random.default_rng(int(numbers[0]))
    instant = pl.Series(changed_at.astype("datetime64[ms]")).dt.strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
    seconds = pl.Series(dice.integers(0, 3600, count)).cast(pl.String)
    columns = {
        "Id": _ids("00T" if sobject is TASK else "00U", numbers),
        "Subject": pl.Series(_TOPICS).gather(dice.integers(0, len(_TOPICS), count))
        + pl.Series([" #"])
        + pl.Series(dice.integers(0, 5_000, count)).cast(pl.String),
        "ActivityDate": instant.str.slice(0, 10),
        "IsDeleted": pl.Series(deleted).cast(pl.String),
        "CallDurationInSeconds": seconds,
        "DurationInMinutes": seconds,
        **dict.fromkeys(_INSTANTS, instant),
        **{
            name: _ids(prefix, dice.integers(0, among, count))
            for name, (prefix, among) in _REFERENCES.items()
        },
        **{
            name: pl.Series(words).gather(dice.integers(0, len(words), count))
            for name, words in _WORDS.items()
        },
    }
    return pl.DataFrame({name: columns[name] for name in sobject.fields.values()})


def spread(count: int, began: str, ended: str) -> np.ndarray:
    """So many times from the beginning to shortly before the end, evenly."""
    first, last = (np.datetime64(moment, "ms") for moment in (began, ended))
    return first + (last - first) * np.arange(count) // count


def _ids(prefix: str, numbers: np.ndarray) -> pl.Series:
    return pl.Series([prefix]) + pl.Series(numbers).cast(pl.String).str.zfill(15)

"""Names, companies, domains, e-mail addresses and telephone numbers out of (culture, number) pairs.

A person or company is a random number in a culture; the same pair always reads the same, so that a
lead that becomes an account and a contact keeps its name.
"""

import re
import unicodedata
from functools import lru_cache

import numpy as np
import polars as pl

from ingestion.sandbox.company import words
from ingestion.sandbox.company.geography import COUNTRIES
from ingestion.sandbox.company.times import Ints

Strings = np.ndarray
CULTURES = tuple(words.GIVEN)
COUNTRY_CULTURE = np.array([CULTURES.index(country.culture) for country in COUNTRIES])
FREE_MAIL = ("postfach.example", "inboxly.example", "mailhaus.example", "correo-libre.example")


def latin(text: str) -> str:
    """Lower-case letters and digits, as they could stand in an address."""
    replaced = (
        text.replace("ß", "ss")
        .replace("ł", "l")
        .replace("Đ", "D")
        .replace("đ", "d")
        .replace("ı", "i")
    )
    plain = unicodedata.normalize("NFKD", replaced).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "", plain.lower())


@lru_cache(maxsize=64)
def _pool(kind: str) -> tuple[Strings, Strings, Ints, Ints]:
    """All cultures' words in a row, written and Latin; each culture's first place and count."""
    source = {"given": words.GIVEN, "family": words.FAMILY}[kind]
    written: list[str] = []
    plain: list[str] = []
    first: list[int] = []
    count: list[int] = []
    for culture in CULTURES:
        entries = source[culture].split()
        first.append(len(written))
        count.append(len(entries))
        for entry in entries:
            form, _, roman = entry.partition("|")
            written.append(form)
            plain.append(latin(roman or form))
    return np.array(written, object), np.array(plain, object), np.array(first), np.array(count)


@lru_cache(maxsize=1)
def _company_pool() -> tuple[Strings, Strings, Ints, Ints]:
    """Company names without legal form and their domains' stems, culture after culture."""
    written: list[str] = []
    plain: list[str] = []
    first: list[int] = []
    count: list[int] = []
    coined = [
        head + tail for head in words.COINED_HEADS.split() for tail in words.COINED_TAILS.split()
    ]
    for culture in CULTURES:
        first.append(len(written))
        gap = "" if culture in words.UNSPACED else " "
        branches = words.BRANCHES[culture].split("|")
        family = [entry.partition("|") for entry in words.FAMILY[culture].split()]
        for index, (form, _, roman) in enumerate(family):
            for branch in branches[index % 2 :: 2]:
                written.append(f"{form}{gap}{branch}")
                plain.append(
                    latin(roman or form) + (latin(branch)[:10] or f"co{len(written) % 97}")
                )
        for index, brand in enumerate(coined):
            branch = branches[index % len(branches)]
            written.append(brand if index % 3 == 0 else f"{brand}{gap}{branch}")
            plain.append(
                latin(brand) + ("" if index % 3 == 0 else "-" + (latin(branch)[:8] or "hq"))
            )
        count.append(len(written) - first[-1])
    return np.array(written, object), np.array(plain, object), np.array(first), np.array(count)


@lru_cache(maxsize=1)
def _form_pool() -> tuple[Strings, Ints, Ints]:
    forms: list[str] = []
    first: list[int] = []
    count: list[int] = []
    for culture in CULTURES:
        gap = "" if culture in words.UNSPACED else " "
        mine = ["", *(gap + form for form in words.FORMS[culture].split("|"))]
        first.append(len(forms))
        count.append(len(mine))
        forms.extend(mine)
    return np.array(forms, object), np.array(first), np.array(count)


def given_names(culture: Ints, person: Ints) -> tuple[Strings, Strings]:
    written, plain, first, count = _pool("given")
    at = first[culture] + (person & 0xFFFFF) % count[culture]
    return written[at], plain[at]


def family_names(culture: Ints, person: Ints) -> tuple[Strings, Strings]:
    written, plain, first, count = _pool("family")
    at = first[culture] + (person >> 20) % count[culture]
    return written[at], plain[at]


def companies(culture: Ints, company: Ints) -> tuple[Strings, Strings]:
    """Names and domains; an odd highest bit leaves the legal form out, as duplicates do."""
    written, plain, first, count = _company_pool()
    forms, first_form, form_count = _form_pool()
    at = first[culture] + (company & 0xFFFFFF) % count[culture]
    form = first_form[culture] + (company >> 24) % 31 % form_count[culture]
    bare = company >= BARE
    name = written[at] + np.where(bare, "", forms[form])
    suffix = np.array(["", "-group", "-online", "hq", "-intl", "-one"], object)[(company >> 30) % 6]
    return name, plain[at] + suffix + np.where(bare, "-biz.example", ".example")


BARE = 1 << 40


def draw(rng: np.random.Generator, size: int) -> Ints:
    """Numbers for persons or companies."""
    return rng.integers(0, BARE, size)


def addresses(given: Strings, family: Strings, domain: Strings, person: Ints) -> pl.Series:
    """One address each, in order: the later of two equal ones gets a number."""
    style = (person >> 8) % 4
    initial = pl.Series(given, dtype=pl.String).str.slice(0, 1)
    frame = pl.DataFrame(
        {
            "given": pl.Series(given, dtype=pl.String),
            "initial": initial,
            "family": pl.Series(family, dtype=pl.String),
            "domain": pl.Series(domain, dtype=pl.String),
            "style": style,
        }
    )
    local = (
        pl.when(pl.col("style") == 0).then(pl.concat_str("initial", "family"))
        .when(pl.col("style") == 1).then(pl.concat_str("family", pl.lit("."), "given"))
        .otherwise(pl.concat_str("given", pl.lit("."), "family"))
    )  # fmt: skip
    repeat = pl.int_range(pl.len()).over("local", "domain")
    number = pl.when(repeat > 0).then((repeat + 1).cast(pl.String)).otherwise(pl.lit(""))
    return (
        frame.with_columns(local=local)
        .select(email=pl.concat_str("local", number, pl.lit("@"), "domain"))
        .get_column("email")
    )


def phones(country: Ints, person: Ints) -> pl.Series:
    dialing = np.array([c.dialing for c in COUNTRIES], object)[country]
    digits = pl.Series(1_000_000 + (person >> 7) % 9_000_000).cast(pl.String)
    return (
        pl.Series(dialing, dtype=pl.String)
        + " 555 "
        + digits.str.slice(0, 3)
        + " "
        + digits.str.slice(3)
    )


def titles(seniority: Ints, person: Ints, culture: Ints) -> Strings:
    """Titles of a seniority; two in five are in the person's own language, where we have it."""
    pools = [words.TITLES[level].split("|") for level in words.SENIORITIES]
    first = np.cumsum([0, *(len(pool) for pool in pools[:-1])])
    count = np.array([len(pool) for pool in pools])
    flat = np.array([title for pool in pools for title in pool], object)
    title = flat[first[seniority] + (person >> 12) % count[seniority]]
    local = (person >> 16) % 5 < 2
    for name, levels in words.LOCAL_TITLES.items():
        for level, written in levels.items():
            here = (culture == CULTURES.index(name)) & (seniority == words.SENIORITIES.index(level))
            title[here & local] = written
    return title

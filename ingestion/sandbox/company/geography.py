"""Regions and countries the company sells in, and what they mean for leads, names and prices."""

from typing import NamedTuple

import numpy as np


class Region(NamedTuple):
    name: str
    zone: str
    crm: str
    share: float
    teams: tuple[str, ...]


class Country(NamedTuple):
    name: str
    region: int
    culture: str
    currency: str
    dialing: str
    share: float
    appeal: float


REGIONS = (
    Region("North America", "America/New_York", "salesforce", 0.40,
           ("East", "West", "Central", "Enterprise", "Canada", "South")),
    Region("EMEA", "Europe/Berlin", "dynamics", 0.25,
           ("DACH", "UK & Nordics", "Southern Europe", "Middle East & Africa")),
    Region("LATAM", "America/Sao_Paulo", "pipedrive", 0.10, ("Brasil", "Hispanoamérica")),
    Region("APAC", "Asia/Singapore", "hubspot", 0.25,
           ("Japan & Korea", "Southeast Asia", "ANZ", "Greater China")),
)  # fmt: skip
ZONES = tuple(region.zone for region in REGIONS)
REGION_SHARE = np.array([region.share for region in REGIONS])
HUBSPOT_REGIONS = tuple(i for i, region in enumerate(REGIONS) if region.crm == "hubspot")

COUNTRIES = (
    Country("United States", 0, "english", "USD", "+1", 0.86, 0.15),
    Country("Canada", 0, "english", "USD", "+1", 0.14, 0.05),
    Country("United Kingdom", 1, "english", "GBP", "+44", 0.27, 0.10),
    Country("Germany", 1, "german", "EUR", "+49", 0.24, 0.20),
    Country("France", 1, "french", "EUR", "+33", 0.15, 0.00),
    Country("Spain", 1, "spanish", "EUR", "+34", 0.09, -0.15),
    Country("Sweden", 1, "nordic", "EUR", "+46", 0.07, 0.15),
    Country("Poland", 1, "polish", "EUR", "+48", 0.06, -0.20),
    Country("Türkiye", 1, "turkish", "USD", "+90", 0.05, -0.35),
    Country("Austria", 1, "german", "EUR", "+43", 0.07, 0.10),
    Country("Brazil", 2, "portuguese", "BRL", "+55", 0.58, -0.10),
    Country("Mexico", 2, "spanish", "USD", "+52", 0.24, -0.25),
    Country("Chile", 2, "spanish", "USD", "+56", 0.09, -0.10),
    Country("Argentina", 2, "spanish", "USD", "+54", 0.09, -0.45),
    Country("Japan", 3, "japanese", "JPY", "+81", 0.27, 0.15),
    Country("Australia", 3, "english", "AUD", "+61", 0.25, 0.10),
    Country("Singapore", 3, "chinese", "SGD", "+65", 0.15, 0.10),
    Country("India", 3, "indian", "USD", "+91", 0.16, -0.50),
    Country("Taiwan", 3, "chinese", "USD", "+886", 0.06, -0.05),
    Country("South Korea", 3, "korean", "USD", "+82", 0.07, 0.00),
    Country("Vietnam", 3, "vietnamese", "USD", "+84", 0.04, -0.40),
)
CURRENCIES = ("USD", "EUR", "GBP", "JPY", "BRL", "AUD", "SGD")
UNITS_PER_USD = (1.0, 0.92, 0.79, 146.0, 5.1, 1.52, 1.34)

COUNTRY_REGION = np.array([country.region for country in COUNTRIES])
COUNTRY_CURRENCY = np.array([CURRENCIES.index(country.currency) for country in COUNTRIES])
COUNTRY_APPEAL = np.array([country.appeal for country in COUNTRIES])


def draw_countries(rng: np.random.Generator, region: np.ndarray) -> np.ndarray:
    """A country in each of the given regions."""
    drawn = np.zeros(len(region), dtype=np.int64)
    for number in range(len(REGIONS)):
        here = np.flatnonzero(region == number)
        choices = np.flatnonzero(number == COUNTRY_REGION)
        share = np.array([COUNTRIES[i].share for i in choices])
        drawn[here] = rng.choice(choices, len(here), p=share / share.sum())
    return drawn

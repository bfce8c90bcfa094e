"""From the simulation's logs and arrays to the company's tables."""

from datetime import datetime

import numpy as np
import polars as pl

from ingestion.sandbox.company import (
    activities,
    deals,
    leads,
    marketing,
    names,
    organisation,
    words,
)
from ingestion.sandbox.company.accounts import SEGMENTS
from ingestion.sandbox.company.finance import PRODUCTS, exchange_rate_frame, product_frame
from ingestion.sandbox.company.geography import COUNTRIES, CURRENCIES, REGIONS
from ingestion.sandbox.company.opportunities import DEAL_SOURCES
from ingestion.sandbox.company.tables import NOTHING, SCHEMAS, Company, Log
from ingestion.sandbox.company.times import Ints, company_days, month_of, seconds
from ingestion.sandbox.company.versions import finished, instant, repointed, spelled, versions
from ingestion.sandbox.company.world import World

_COUNTRY_NAMES = [country.name for country in COUNTRIES]
_REGION_NAMES = [region.name for region in REGIONS]
_REGION_CRMS = [region.crm for region in REGIONS]


def assemble(world: World, until: datetime) -> Company:
    end = seconds(until)
    merges = _log(world.merges, "kind", "loser_n", "winner_n", "at")
    merged = [merges.filter(pl.col("kind") == kind) for kind in range(3)]
    lead_words, contact_words = _people(world)
    account_words = _account_words(world)
    opportunities = _opportunities(world, end, merged, account_words)
    mails = _email_events(world, end, lead_words)
    return Company(
        users=_users(world, end),
        accounts=_accounts(world, end, account_words),
        contacts=_contacts(world, end, merged, contact_words),
        leads=_leads(world, end, lead_words),
        opportunities=opportunities,
        line_items=_line_items(world, end, opportunities),
        activities=_activities(world, end, merged),
        products=product_frame(),
        campaigns=_campaigns(world, end),
        campaign_members=_members(world, end, merged[2]),
        campaign_daily=_campaign_daily(world, end),
        email_campaigns=_email_campaigns(world, end),
        email_events=mails,
        quotas=_quotas(world, end),
        exchange_rates=exchange_rate_frame(world.seed, world.first_month, month_of(until) + 1),
        hidden_deals=_hidden_deals(world, end),
        hidden_leads=_hidden_leads(world, end),
        hidden_reps=_hidden_reps(world),
    )


def _log(log: Log, *columns: str) -> pl.DataFrame:
    """A log's patches; with no patches, empty columns of these names."""
    frame = log.frame()
    return frame if frame.width else pl.DataFrame(schema=dict.fromkeys(columns, pl.Int64))


def _texts(values: names.Strings | list[str]) -> pl.Series:
    return pl.Series(list(values), dtype=pl.String)


def _beside(frame: pl.DataFrame, key: str, static: pl.DataFrame) -> pl.DataFrame:
    """Adds the columns of record number n from row n - 1 of `static`."""
    return frame.hstack(static[frame.get_column(key) - 1].get_columns())


def _region_columns(region: str) -> list[pl.Expr]:
    return [
        spelled(region, _REGION_NAMES).alias("region_name"),
        spelled(region, _REGION_CRMS).alias("crm"),
    ]


def _people(world: World) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Names and addresses of leads and contacts; addresses are unique, in order of creation.

    A contact that was a lead keeps the lead's address.
    """
    both = []
    for table, is_lead in ((world.leads, True), (world.contacts, False)):
        given, given_latin = names.given_names(table["culture"], table["person"])
        family, family_latin = names.family_names(table["culture"], table["person"])
        if is_lead:
            company, domain = names.companies(table["culture"], table["company"])
            free = table["double"] | (table["person"] % 17 == 0)
            mailbox = np.array(names.FREE_MAIL, object)[table["person"] % len(names.FREE_MAIL)]
            domain = np.where(free, mailbox, domain)
            origin = np.full(len(table), NOTHING)
        else:
            account = world.accounts
            place = table["account"]
            company, domain = names.companies(account["culture"][place], account["company"][place])
            origin = table["lead"]
        both.append(
            pl.DataFrame(
                {
                    "first_name": _texts(given), "last_name": _texts(family),
                    "given": _texts(given_latin), "family": _texts(family_latin),
                    "company": _texts(company), "domain": _texts(domain),
                    "phone": names.phones(table["country"], table["person"]),
                    "person": table["person"], "created_at": table["created_at"],
                    "origin": origin, "is_lead": np.full(len(table), is_lead),
                }
            )
        )  # fmt: skip
    everyone = pl.concat(both).with_row_index("row")
    own = everyone.filter(pl.col("origin") < 0).sort("created_at", "row")
    email = names.addresses(
        own["given"].to_numpy(), own["family"].to_numpy(), own["domain"].to_numpy(),
        own["person"].to_numpy(),
    )  # fmt: skip
    everyone = everyone.join(
        own.select("row", email=email), on="row", how="left", maintain_order="left"
    )
    lead_words = everyone.filter("is_lead")
    contact_words = everyone.filter(~pl.col("is_lead"))
    kept = lead_words.get_column("email").gather(contact_words["origin"].clip(lower_bound=0))
    contact_words = contact_words.with_columns(
        email=pl.when(pl.col("origin") >= 0).then(kept).otherwise("email")
    )
    return (
        lead_words.select("first_name", "last_name", "email", "company"),
        contact_words.select("first_name", "last_name", "email", "phone"),
    )


def _account_words(world: World) -> pl.DataFrame:
    table = world.accounts
    name, domain = names.companies(table["culture"], table["company"])
    frame = pl.DataFrame(
        {"name": _texts(name), "domain": _texts(domain), "created_at": table["created_at"]}
    )
    order = pl.col("created_at").rank("ordinal").over("domain")
    stem = pl.col("domain").str.strip_suffix(".example")
    return frame.with_columns(
        domain=pl.when(order > 1)
        .then(pl.concat_str(stem, order.cast(pl.String), pl.lit(".example")))
        .otherwise("domain")
    ).drop("created_at")


def _users(world: World, end: int) -> pl.DataFrame:
    given, family, email = organisation.user_words(world.organisation)
    static = pl.DataFrame(
        {"first_name": _texts(given), "last_name": _texts(family), "email": _texts(email)}
    )
    team_of = [REGIONS[r].teams for r in range(len(REGIONS))]
    widest = max(len(teams) for teams in team_of)
    team_names = [name for teams in team_of for name in (*teams, *[""] * (widest - len(teams)))]
    frame = versions(world.organisation.users.frame(), "user_n", end)
    frame = frame.with_columns(
        role=spelled("role", organisation.ROLES),
        team_place=pl.col("region") * widest + pl.col("team"),
    ).with_columns(spelled("team_place", team_names).alias("team_name"), *_region_columns("region"))
    return finished(_beside(frame, "user_n", static), "users")


def _accounts(world: World, end: int, account_words: pl.DataFrame) -> pl.DataFrame:
    table = world.accounts
    static = account_words.with_columns(
        pl.Series("created_at", table["created_at"]),
        pl.Series("segment", table["segment"]),
        pl.Series("country", table["country"]),
        pl.Series("region", table["region"]),
    )
    frame = _beside(versions(world.account_log.frame(), "account_n", end), "account_n", static)
    frame = frame.with_columns(
        spelled("industry", words.INDUSTRIES).alias("industry"),
        spelled("segment", SEGMENTS).alias("segment"),
        spelled("country", _COUNTRY_NAMES).alias("country"),
        *_region_columns("region"),
    )
    return finished(frame, "accounts")


def _contacts(
    world: World, end: int, merged: list[pl.DataFrame], contact_words: pl.DataFrame
) -> pl.DataFrame:
    table = world.contacts
    static = contact_words.with_columns(
        pl.Series("created_at", table["created_at"]),
        pl.Series("person", table["person"]),
        pl.Series("culture", table["culture"]),
        pl.Series("region", world.accounts["region"][table["account"]]),
    )
    patches = repointed(world.contact_log.frame(), "contact_n", "account_n", merged[0])
    frame = _beside(versions(patches, "contact_n", end), "contact_n", static)
    title = names.titles(
        frame["seniority"].to_numpy(), frame["person"].to_numpy(), frame["culture"].to_numpy()
    )
    frame = frame.with_columns(_texts(title).alias("title"), *_region_columns("region"))
    return finished(frame, "contacts")


def _leads(world: World, end: int, lead_words: pl.DataFrame) -> pl.DataFrame:
    table = world.leads
    campaign = np.where(
        table["campaign"] >= 0, world.campaigns.number[np.maximum(table["campaign"], 0)], NOTHING
    )
    title = names.titles(table["seniority"], table["person"], table["culture"])
    static = lead_words.with_columns(
        pl.Series("created_at", table["created_at"]),
        _texts(title).alias("title"),
        pl.Series("industry", table["industry"]),
        pl.Series("employees", table["employees"]),
        pl.Series("country", table["country"]),
        pl.Series("region", table["region"]),
        pl.Series("lead_source", table["source"]),
        pl.Series("campaign_n", campaign).replace(NOTHING, None),
    )
    frame = _beside(versions(world.lead_log.frame(), "lead_n", end), "lead_n", static)
    frame = frame.with_columns(
        spelled("industry", words.INDUSTRIES).alias("industry"),
        spelled("country", _COUNTRY_NAMES).alias("country"),
        spelled("lead_source", leads.SOURCES).alias("lead_source"),
        spelled("status", leads.STATUSES).alias("status"),
        *_region_columns("region"),
    )
    return finished(frame, "leads")


def _opportunities(
    world: World, end: int, merged: list[pl.DataFrame], account_words: pl.DataFrame
) -> pl.DataFrame:
    table = world.deals
    campaign = np.where(
        table["campaign"] >= 0, world.campaigns.number[np.maximum(table["campaign"], 0)], NOTHING
    )
    static = pl.DataFrame(
        {
            "created_at": table["created_at"],
            "product_n": table["product"] + 1,
            "campaign_n": pl.Series(campaign).replace(NOTHING, None),
            "account_name": account_words.get_column("name").gather(table["account"]),
            "product": table["product"], "kind": table["kind"], "currency": table["currency"],
            "source": table["source"], "region": table["region"], "kept": table["kept"],
        }
    )  # fmt: skip
    patches = world.deal_log.frame()
    closing = pl.col("close_date") == deals.ON_THAT_DAY
    day = pl.Series(company_days(patches.get_column("version_at").to_numpy()))
    patches = patches.with_columns(close_date=pl.when(closing).then(day).otherwise("close_date"))
    number = pl.col("opportunity_n")
    first = pl.col("stage").is_not_null() & pl.col("owner_n").is_not_null()
    account = pl.lit(pl.Series(table["account"] + 1)).gather(number - 1)
    contact = pl.lit(pl.Series(table["contact"])).gather(number - 1)
    patches = patches.with_columns(
        account_n=pl.when(first).then(account), contact_n=pl.when(first).then(contact)
    )
    deleted = np.flatnonzero(table["deleted_at"] < 1 << 40)
    removal = pl.DataFrame(
        {"opportunity_n": deleted + 1, "version_at": table["deleted_at"][deleted]}
    ).with_columns(is_deleted=True)
    patches = pl.concat([patches, removal], how="diagonal")
    patches = repointed(patches, "opportunity_n", "account_n", merged[0])
    patches = repointed(patches, "opportunity_n", "contact_n", merged[1])
    frame = _beside(versions(patches, "opportunity_n", end), "opportunity_n", static)
    frame = frame.filter("kept").with_columns(
        spelled("product", [product[0] for product in PRODUCTS]).alias("product_name"),
        spelled("kind", deals.TYPES).alias("type"),
        spelled("stage", deals.STAGES).alias("stage"),
        spelled("currency", CURRENCIES).alias("currency_code"),
        spelled("forecast_category", deals.CATEGORIES).alias("forecast_category"),
        spelled("source", DEAL_SOURCES).alias("lead_source"),
        spelled("loss_reason", deals.LOSS_REASONS).alias("loss_reason"),
        spelled("competitor", deals.COMPETITORS).alias("competitor"),
        spelled("next_step", deals.NEXT_STEPS).alias("next_step"),
        *_region_columns("region"),
    )
    suffix = pl.when(pl.col("kind") > 0).then(pl.lit(" ") + pl.col("type")).otherwise(pl.lit(""))
    name = pl.concat_str("account_name", pl.lit(" – "), "product_name", suffix)
    return finished(frame.with_columns(name=name), "opportunities")


def _line_items(world: World, end: int, opportunities: pl.DataFrame) -> pl.DataFrame:
    """Items follow their deal: unit prices its amount, and they are deleted with it."""
    items = world.item_log.frame()
    at = pl.col("version_at").dt.epoch("s")
    changes = opportunities.select(
        "opportunity_n", at.alias("changed_at"), "amount", gone="is_deleted",
        before=pl.col("amount").shift(1),
        same=pl.col("opportunity_n") == pl.col("opportunity_n").shift(1),
    )  # fmt: skip
    differs = (pl.col("amount") != pl.col("before")) | pl.col("gone")
    changes = changes.filter(pl.col("same") & differs)
    patches = items.join(changes, on="opportunity_n", how="inner", maintain_order="left").select(
        "line_item_n",
        version_at=pl.col("changed_at") + 2,
        unit_price=(pl.col("unit_price") * pl.col("amount") / pl.col("first_amount")).round(2),
        is_deleted=pl.col("gone"),
    )
    static = items.select(
        pl.col("version_at").alias("created_at"),
        pl.lit(pl.Series(world.deals["region"]))
        .gather(pl.col("opportunity_n") - 1)
        .alias("region"),
    )
    frame = versions(pl.concat([items, patches], how="diagonal"), "line_item_n", end)
    frame = _beside(frame, "line_item_n", static).with_columns(
        spelled("currency", CURRENCIES).alias("currency_code"), *_region_columns("region")
    )
    return finished(frame, "line_items")


def _activities(world: World, end: int, merged: list[pl.DataFrame]) -> pl.DataFrame:
    patches = world.activity_log.frame()
    handovers = _log(world.handovers, "of", "number", "at", "owner_n").sort("at")
    first = patches.filter(pl.col("created_at").is_not_null())
    rest = patches.filter(pl.col("created_at").is_null())
    for of, column in ((0, "opportunity_n"), (1, "lead_n")):
        heirs = handovers.filter(pl.col("of") == of).select(
            pl.col("number").alias(column), "at", heir="owner_n"
        )
        touched = pl.col(column).is_in(heirs.get_column(column).unique().to_list())
        mine = first.filter(touched).sort("created_at")
        mine = (
            mine.join_asof(
                heirs, left_on="created_at", right_on="at", by=column, check_sortedness=False
            )
            .with_columns(owner_n=pl.coalesce("heir", "owner_n"))
            .drop("heir", "at")
        )
        first = pl.concat([first.filter(~touched), mine])
    patches = pl.concat([first, rest], how="diagonal")
    patches = patches.filter(pl.col("version_at") <= end)
    for kind, column in ((0, "account_n"), (1, "contact_n"), (2, "lead_n")):
        patches = repointed(patches, "activity_n", column, merged[kind])
    frame = versions(patches, "activity_n", end)
    subjects = [subject for pool in activities.SUBJECTS for subject in pool]
    frame = frame.with_columns(
        spelled("type", activities.TYPES).alias("type"),
        spelled("direction", activities.DIRECTIONS).alias("direction"),
        spelled("subject", subjects).alias("subject"),
        spelled("outcome", activities.OUTCOMES).alias("outcome"),
        *_region_columns("region"),
    )
    return finished(frame, "activities")


def _campaigns(world: World, end: int) -> pl.DataFrame:
    frame = versions(world.campaigns.log.frame(), "campaign_n", end).with_columns(
        name=pl.concat_str(
            spelled("channel", marketing.CHANNELS), pl.lit(" | "),
            spelled("theme", marketing.THEMES), pl.lit(" | "),
            pl.col("start_date").cast(pl.Int32).cast(pl.Date).dt.strftime("%Y-%m"),
            pl.lit(" #"), pl.col("campaign_n").cast(pl.String),
        )
    )  # fmt: skip
    frame = frame.with_columns(
        spelled("channel", marketing.CHANNELS).alias("channel"),
        spelled("status", marketing.STATUSES).alias("status"),
    )
    return finished(frame, "campaigns")


def _members(world: World, end: int, merged: pl.DataFrame) -> pl.DataFrame:
    patches = _log(
        world.member_log, "member_n", "version_at", "campaign_n", "lead_n", "status", "responded_on"
    )
    patches = repointed(patches, "member_n", "lead_n", merged)
    frame = versions(patches, "member_n", end)
    return finished(
        frame.with_columns(spelled("status", ("Sent", "Responded")).alias("status")),
        "campaign_members",
    )


def _campaign_daily(world: World, end: int) -> pl.DataFrame:
    frame = world.campaigns.daily.frame().filter(pl.col("version_at") <= end)
    return finished(frame.sort("campaign_n", "date", "version_at"), "campaign_daily")


def _email_campaigns(world: World, end: int) -> pl.DataFrame:
    since = marketing.automated_since(world.first_month)
    automated = pl.DataFrame(
        {
            "email_campaign_n": [marketing.WELCOME, marketing.FOLLOW_UP],
            "name": ["Automation: welcome", "Automation: follow-up"],
            "subject": ["Welcome to Meridia", "Three ideas for your pipeline"],
            "sent_at": [since, since + 60],
        }
    )
    letters = _log(world.mailing_log, "email_campaign_n", "sent_at", "topic")
    month = instant("sent_at").dt.strftime("%Y-%m")
    letters = letters.select(
        "email_campaign_n",
        name=pl.concat_str(
            pl.lit("Newsletter "), month, pl.lit(" #"), pl.col("email_campaign_n").cast(pl.String)
        ),
        subject=spelled("topic", marketing.MAIL_TOPICS),
        sent_at="sent_at",
    )
    both = pl.concat([automated, letters]).filter(pl.col("sent_at") <= end)
    return finished(both, "email_campaigns")


def _email_events(world: World, end: int, lead_words: pl.DataFrame) -> pl.DataFrame:
    events = _log(world.mail_log, "email_campaign_n", "lead_n", "type", "occurred_at")
    recipient = pl.lit(lead_words.get_column("email")).gather(pl.col("lead_n") - 1)
    events = (
        events.filter(pl.col("occurred_at") <= end)
        .sort("occurred_at", "email_campaign_n", "lead_n", "type")
        .with_columns(
            recipient=recipient, type=spelled("type", marketing.EMAIL_EVENTS),
            event_n=pl.int_range(1, pl.len() + 1),
        )
    )  # fmt: skip
    return finished(events, "email_events")


def _quotas(world: World, end: int) -> pl.DataFrame:
    quotas = _log(world.organisation.quotas, *SCHEMAS["quotas"].names())
    frame = versions(quotas, "quota_n", end).with_columns(currency_code=pl.lit("USD"))
    return finished(frame, "quotas")


def _hidden_deals(world: World, end: int) -> pl.DataFrame:
    kept = pl.lit(pl.Series(world.deals["kept"])).gather(pl.col("opportunity_n") - 1)
    frame = world.hidden_deals.frame().filter(kept & (pl.col("at") <= end))
    return finished(frame.sort("opportunity_n", "at"), "hidden_deals")


def _hidden_leads(world: World, end: int) -> pl.DataFrame:
    table = world.leads
    number: Ints = np.arange(1, len(table) + 1)
    frame = pl.DataFrame(
        {
            "lead_n": number, "conversion_rate": table["chance"], "touched_at": table["touched_at"],
            "interest": table["interest"], "created_at": table["created_at"],
        }
    )  # fmt: skip
    return finished(frame.filter(pl.col("created_at") <= end), "hidden_leads")


def _hidden_reps(world: World) -> pl.DataFrame:
    reps = world.organisation
    return finished(
        pl.DataFrame({"user_n": reps.user_n, "skill": reps.skill, "slowness": reps.slowness}),
        "hidden_reps",
    )

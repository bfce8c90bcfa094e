"""Any database that SQLAlchemy can read, table by table, with dlt's sql_database.

The URL is a secret; a user that may only read is enough. A table with a cursor, a time or date that
moves with every change, is read from the newest one landed on, less an overlap; deletes show once a
day, when all keys are read, and changes that leave the cursor alone once a week, when everything
is. A table without a cursor is read whole each time. Types are the database's. There are no limits
but what the database bears: each table is one query, four at a time.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, ParamSpec
from urllib.parse import quote, quote_plus
from zoneinfo import ZoneInfo

from dlt.sources.sql_database.helpers import TableLoader
from sqlalchemy import Engine, Select, create_engine, make_url, or_, select
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from ingestion.entity import VERSION_AT, Row
from ingestion.feed import Feed
from ingestion.http import Patience, SourceDownError, VendorError, scrub
from ingestion.sources.sql_database.settings import (
    CHUNK_ROWS,
    EVERYTHING_AGAIN,
    Connection,
)
from ingestion.sources.sql_database.tables import Source, described

P = ParamSpec("P")
Scrub = Callable[[str], str]


def build_source(
    connection: Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[Feed]:
    """A feed for each table, with the columns that the database says it has."""
    url = connection.url.get_secret_value()
    hide = partial(scrub, secrets=_secrets(url))
    engine = _engine(url)
    zone = ZoneInfo(connection.time_zone)
    counted = partial(_counted, patience)
    sources = _first_contact(
        lambda: list(described(engine, connection.tables, zone)), patience, hide
    )
    for source in sources:
        if source.rule.cursor is None:
            read = counted(partial(read_whole, engine, source, clock, hide))
            yield Feed(source.entity, read, complete=True)
        else:
            yield Feed(
                source.entity,
                counted(partial(read_changed, engine, source, hide)),
                overlap=source.rule.overlap,
                sweep=counted(partial(read_keys, engine, source, hide)),
                revisit=EVERYTHING_AGAIN,
            )


def read_whole(
    engine: Engine,
    source: Source,
    clock: Callable[[], datetime],
    hide: Scrub,
    since: datetime | None,
) -> Iterator[list[Row]]:
    """All rows; without a time of change, the time of reading is the version's."""
    for records in _records(engine, source, lambda query: query, hide):
        yield [{**source.row(record), VERSION_AT: clock()} for record in records]


def read_changed(
    engine: Engine, source: Source, hide: Scrub, since: datetime | None
) -> Iterator[list[Row]]:
    """Rows whose cursor is not before `since`, and those that have none."""

    def changed(query: Select[Any]) -> Select[Any]:
        if since is None or source.rule.cursor is None:
            return query
        cursor = source.table.c[source.rule.cursor]
        return query.where(or_(cursor >= source.in_cursor_type(since), cursor.is_(None)))

    for records in _records(engine, source, changed, hide):
        yield [{**source.row(record), VERSION_AT: source.version_at(record)} for record in records]


def read_keys(engine: Engine, source: Source, hide: Scrub) -> Iterator[list[Row]]:
    """The keys of all rows there are."""
    keys = [source.table.c[name] for name in source.rule.key]
    for records in _records(engine, source, lambda query: select(*keys), hide):
        yield [source.row(record) for record in records]


def _counted(
    patience: Patience, read: Callable[P, Iterator[list[Row]]]
) -> Callable[P, Iterator[list[Row]]]:
    """The read, whose query counts as a call of the day."""

    def reading(*args: P.args, **kwargs: P.kwargs) -> Iterator[list[Row]]:
        patience.meter.spend(again=False)
        yield from read(*args, **kwargs)

    return reading


def _records(
    engine: Engine,
    source: Source,
    adapt: Callable[[Select[Any]], Select[Any]],
    hide: Scrub,
) -> Iterator[list[Row]]:
    """What dlt reads of a table, `adapt` having had its say about the query."""
    loader = TableLoader(
        engine,
        "sqlalchemy",
        source.table,
        {},
        chunk_size=CHUNK_ROWS,
        query_adapter_callback=lambda query, *more: adapt(query),
    )
    try:
        yield from loader.load_rows()
    # ValueError: a driver found a value that is none of its column's type.
    except (SQLAlchemyError, ValueError) as error:
        said = hide(str(error).splitlines()[0])
        raise VendorError(f"{source.rule.table} cannot be read: {said}") from None


def _engine(url: str) -> Engine:
    try:
        return create_engine(url, poolclass=NullPool, hide_parameters=True)
    except (NoSuchModuleError, ModuleNotFoundError) as missing:
        driver = make_url(url).drivername
        raise VendorError(
            f"url: the driver of '{driver}' is not installed ({missing}); install "
            "its package beside Revlake. SQLite and postgresql+psycopg2 come with it"
        ) from None


def _first_contact(
    describe: Callable[[], list[Source]], patience: Patience, hide: Scrub
) -> list[Source]:
    """A database that does not answer is asked again, as vendors are."""
    started = patience.now()
    attempt = 0
    while True:
        attempt += 1
        try:
            return describe()
        except DBAPIError as error:
            said = hide(str(error.orig).strip().splitlines()[0])
        pause = patience.pause(attempt, None)
        spent = patience.now() - started
        if attempt >= patience.attempts or spent + pause > patience.total_seconds:
            raise SourceDownError(
                f"the database refused or did not answer {attempt} times: {said}; "
                "check url, and that the database is up. Nothing was lost, the next run goes on"
            )
        patience.sleep(pause)


def _secrets(url: str) -> tuple[str, ...]:
    """The URL and the password, in every spelling that an error message may have."""
    password = make_url(url).password
    plain = str(password) if password is not None else ""
    return tuple(word for word in (url, plain, quote(plain), quote_plus(plain)) if word)

"""Any database: types, changes, deletes, and errors that name the setting; on SQLite files."""

import logging
import sqlite3
import traceback
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from pydantic import ValidationError
from sqlalchemy import Column, types

from ingestion.entity import DELETED, INSTANT, VERSION_AT
from ingestion.http import Patience
from ingestion.landing import LandingError, LandingReport, land
from ingestion.probe import probe
from ingestion.sources.sql_database.settings import Connection, TableRule, entities_of
from ingestion.sources.sql_database.types import landed

ORDERS = """create table "Orders" (
    "OrderID" integer primary key, customer varchar(40), amount numeric(18, 4), weight float,
    paid boolean, due date, "placedAt" datetime, updated_at datetime, picked time,
    extra json, picture blob, budget numeric
)"""
INSERT = """insert into "Orders" ("OrderID", customer, amount, weight, paid, due, "placedAt",
    updated_at, picked, extra, picture, budget) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
RULE = {"table": "Orders", "key": "OrderID", "cursor": "updated_at"}
START = datetime(2026, 11, 18, 10, tzinfo=UTC)
PASSWORD = "p@ss:word/81"


def order(number: int, updated_at: str | None, **values: Any) -> tuple[Any, ...]:
    row = {
        "id": number, "customer": f"客户 {number}", "amount": "12.3400", "weight": 1.5,
        "paid": 1, "due": "2026-12-01", "placed": "2026-11-01 08:00:00.000001",
        "updated_at": updated_at, "picked": "09:30:00.000000", "extra": '{"b": [1], "a": "é"}',
        "picture": b"\\x00\\xff", "budget": "1.5", **values,
    }  # fmt: skip
    return tuple(row.values())


@dataclass
class Database:
    """A SQLite file and a lake that it is landed in."""

    root: Path
    rules: tuple[dict[str, Any], ...] = (RULE,)
    now: datetime = START
    more: dict[str, Any] = field(default_factory=dict)

    def run(self, sql: str, *rows: tuple[Any, ...]) -> None:
        with sqlite3.connect(self.root / "shop.db") as connection:
            if rows:
                connection.executemany(sql, rows)
            else:
                connection.executescript(sql)

    def land(self, *, hours: float = 1, url: str | None = None) -> LandingReport:
        self.now += timedelta(hours=hours)
        made = Connection(
            url=url or f"sqlite:///{self.root / 'shop.db'}", tables=self.rules, **self.more
        )
        return land(
            "sql_database",
            connection=made,
            lake_url=str(self.root / "lake"),
            state_dir=self.root / "state",
            clock=lambda: self.now,
            patience=Patience(sleep=lambda seconds: None),
        )

    def log(self, name: str = "orders") -> pl.DataFrame:
        return pl.read_delta(str(self.root / "lake" / "raw" / "sql_database" / name))

    def current(self, name: str = "orders") -> pl.DataFrame:
        key = "order_id" if name == "orders" else "id"
        latest = self.log(name).sort(VERSION_AT, "_loaded_at").unique(key, keep="last")
        return latest.filter(~pl.col(DELETED)).sort(key)


@pytest.fixture
def shop(tmp_path: Path) -> Database:
    database = Database(tmp_path)
    database.run(ORDERS)
    database.run(
        INSERT, order(1, "2026-11-18 09:00:00.000000"), order(2, "2026-11-18 09:30:00.000000")
    )
    return database


def counts(report: LandingReport, name: str = "orders") -> tuple[int, int, int]:
    table = report.tables[name]
    return table.rows, table.rejects, table.tombstones


def test_types_of_the_database_are_kept(shop: Database) -> None:
    assert counts(shop.land()) == (2, 0, 0)
    first = shop.current().drop("_version_at", "_loaded_at", "_deleted", "_dlt_load_id")
    assert dict(first.schema) == {
        "order_id": pl.Int64, "customer": pl.String, "amount": pl.Decimal(18, 4),
        "weight": pl.Float64, "paid": pl.Boolean, "due": pl.Date,
        "placed_at": pl.Datetime("us"), "updated_at": pl.Datetime("us"), "picked": pl.String,
        "extra": pl.String, "picture": pl.Binary, "budget": pl.String,
    }  # fmt: skip
    assert first.row(0) == (
        1, "客户 1", Decimal("12.3400"), 1.5, True, date(2026, 12, 1),
        datetime(2026, 11, 1, 8, 0, 0, 1), datetime(2026, 11, 18, 9), "09:30:00",
        '{"a": "é", "b": [1]}', b"\\x00\\xff", "1.5000000000",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (types.SmallInteger(), pa.int64()),
        (types.Numeric(38, 9), pa.decimal128(38, 9)),
        (types.Numeric(10), pa.decimal128(10, 0)),
        (types.Numeric(60, 2), pa.string()),
        (types.DateTime(timezone=True), INSTANT),
        (types.DateTime(), pa.timestamp("us")),
        (types.Uuid(), pa.string()),
        (types.Interval(), pa.string()),
        (types.ARRAY(types.Integer()), pa.string()),
        (types.Enum("a", "b"), pa.string()),
        (types.Double(), pa.float64()),
    ],
)
def test_each_kind_of_column_has_its_type(kind: Any, expected: pa.DataType) -> None:
    assert landed(Column("A Column", kind)).type == expected
    assert landed(Column("A Column", kind)).target == "a_column"


def test_only_changes_are_read_and_landed(shop: Database) -> None:
    shop.land()
    assert shop.land().load_id is None
    shop.run(INSERT, order(3, "2026-11-18 11:30:00"))
    shop.run("""update "Orders" set amount = '99.5', updated_at = '2026-11-18 11:31:00'
        where "OrderID" = 1""")
    # Too old for the overlap: the time filter does not show it.
    shop.run(INSERT, order(4, "2026-11-01 00:00:00"))
    assert counts(shop.land()) == (2, 0, 0)
    changed = shop.log().filter(order_id=1).sort(VERSION_AT)["amount"].to_list()
    assert changed == [Decimal("12.3400"), Decimal("99.5000")]


def test_late_commit_within_the_overlap_is_found(shop: Database) -> None:
    shop.land()
    shop.run(INSERT, order(3, "2026-11-18 07:45:00"))
    assert counts(shop.land()) == (1, 0, 0)
    assert shop.land().load_id is None


def test_rows_without_a_cursor_value_are_read_each_time(shop: Database) -> None:
    shop.run(INSERT, order(7, None))
    assert counts(shop.land()) == (3, 0, 0)
    assert shop.land().load_id is None
    shop.run("""update "Orders" set customer = 'other' where "OrderID" = 7""")
    assert counts(shop.land()) == (1, 0, 0)
    assert shop.current().filter(order_id=7)["customer"].to_list() == ["other"]


def test_deletes_show_with_the_daily_sweep_of_keys(shop: Database) -> None:
    shop.land()
    shop.run("""delete from "Orders" where "OrderID" = 2""")
    assert counts(shop.land()) == (0, 0, 0)
    assert counts(shop.land(hours=24)) == (0, 0, 1)
    assert shop.current()["order_id"].to_list() == [1]


def test_what_left_the_cursor_alone_shows_within_a_week(shop: Database) -> None:
    shop.run(INSERT, order(5, "2026-11-01 00:00:00"))
    shop.land()
    shop.run("""delete from "Orders" where "OrderID" = 2""")
    shop.land(hours=24)
    shop.run(INSERT, order(2, "2026-11-18 09:30:00.000000"))
    shop.run(INSERT, order(4, "2026-11-01 00:00:00"))
    shop.run("""update "Orders" set customer = 'silent' where "OrderID" = 5""")
    assert counts(shop.land(hours=24)) == (0, 0, 0)
    assert shop.current()["order_id"].to_list() == [1, 5]
    assert counts(shop.land(hours=24 * 6)) == (3, 0, 0)
    assert shop.current().select("order_id", "customer").rows() == [
        (1, "客户 1"), (2, "客户 2"), (4, "客户 4"), (5, "silent"),
    ]  # fmt: skip
    assert shop.land(hours=24).load_id is None


def test_table_without_a_cursor_is_read_whole(tmp_path: Path) -> None:
    shop = Database(tmp_path, rules=({"table": "shops", "key": ["id"], "name": "Stores"},))
    shop.run("create table shops (id integer, name text); insert into shops values (1,'a'),(2,'b')")
    assert counts(shop.land(), "stores") == (2, 0, 0)
    shop.run("update shops set name = 'c' where id = 1; delete from shops where id = 2")
    assert counts(shop.land(), "stores") == (1, 0, 1)
    assert shop.land().load_id is None
    assert shop.current("stores")["name"].to_list() == ["c"]


def test_dates_as_cursor_and_keys_of_several_columns(tmp_path: Path) -> None:
    rule = {"table": "rates", "key": ["day", "currency"], "cursor": "day"}
    shop = Database(tmp_path, rules=(rule,), more={"time_zone": "Asia/Tokyo"})
    shop.run("create table rates (day date, currency text, rate numeric(10, 4))")
    shop.run("insert into rates values (?, ?, ?)", ("2026-11-17", "EUR", 1.1),
             ("2026-11-18", "EUR", 1.2))  # fmt: skip
    assert counts(shop.land(), "rates") == (2, 0, 0)
    shop.run("update rates set rate = 1.3 where day = '2026-11-18'")
    assert counts(shop.land(), "rates") == (1, 0, 0)
    newest = shop.log("rates").sort(VERSION_AT, "_loaded_at").tail(1)
    assert newest[VERSION_AT].to_list() == [datetime(2026, 11, 17, 15, tzinfo=UTC)]
    assert newest["rate"].to_list() == [Decimal("1.3000")]


def test_views_are_read_and_columns_left_out(shop: Database) -> None:
    shop.run("""create view big as select "OrderID" as id, customer, picture from "Orders"
        where amount > 10""")
    shop.rules = ({"table": "big", "key": "id", "exclude": ["picture"]},)
    assert counts(shop.land(), "big") == (2, 0, 0)
    assert "picture" not in shop.log("big").columns


def test_new_column_is_landed_from_then_on(shop: Database) -> None:
    shop.land()
    shop.run("""alter table "Orders" add column "Channel" text;
        update "Orders" set "Channel" = 'web', updated_at = '2026-11-18 11:00:00'
        where "OrderID" = 1""")
    assert counts(shop.land()) == (1, 0, 0)
    assert shop.current().select("order_id", "channel").rows() == [(1, "web"), (2, None)]
    assert shop.land().load_id is None


def test_column_that_changes_its_type_keeps_the_one_it_began_with(tmp_path: Path) -> None:
    shop = Database(tmp_path, rules=({"table": "shops", "key": "id"},))
    shop.run("create table shops (id integer, size integer); insert into shops values (1, 10)")
    shop.land()
    shop.run("drop table shops; create table shops (id integer, size text);"
             "insert into shops values (1, '20'), (2, 'large')")  # fmt: skip
    assert counts(shop.land(), "shops") == (1, 1, 0)
    assert shop.current("shops").select("id", "size").rows() == [(1, 20)]


def test_value_that_is_none_of_its_type_is_set_aside(shop: Database) -> None:
    shop.run(INSERT, order(3, "2026-11-18 09:31:00", weight="heavy"))
    assert counts(shop.land()) == (2, 1, 0)
    assert shop.log("orders__rejects")["reason"].to_list() == ["weight: not a number: 'heavy'"]


def test_more_rows_than_a_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.sources.sql_database.CHUNK_ROWS", 100)
    shop = Database(tmp_path)
    shop.run(ORDERS)
    shop.run(INSERT, *(order(number, "2026-11-18 09:00:00") for number in range(1050)))
    assert counts(shop.land()) == (1050, 0, 0)
    assert shop.log()["order_id"].n_unique() == 1050


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"table": "Order"}, r"tables\[0\].table: there is no table 'Order'; allowed: Orders$"),
        ({"table": "x.Orders"}, r"tables\[0\].table: there is no schema 'x'; allowed: main$"),
        ({"key": "id"}, r"tables\[0\].key: there is no column 'id'; allowed: OrderID, amount, "),
        ({"cursor": "changed"}, r"tables\[0\].cursor: there is no column 'changed'"),
        (
            {"cursor": "amount"},
            r"cursor: there is no time or date 'amount'; allowed: due, placedAt, updated_at$",
        ),
        ({"exclude": "updated_at"}, r"tables\[0\].exclude: updated_at is the key or cursor"),
    ],
)
def test_setting_that_does_not_fit_is_named_with_what_is_allowed(
    shop: Database, rule: dict[str, str], message: str
) -> None:
    shop.rules = ({**RULE, **rule},)
    with pytest.raises(LandingError, match=message):
        shop.land()


def test_columns_that_would_become_one_are_named(tmp_path: Path) -> None:
    shop = Database(tmp_path, rules=({"table": "t", "key": "id"},))
    shop.run('create table t (id integer, "userName" text, user_name text)')
    with pytest.raises(LandingError, match="'user_name' would be called 'user_name' like column"):
        shop.land()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"url": f"shop.db {PASSWORD}"}, "not a URL such as postgresql"),
        ({"time_zone": "Berlin"}, "an IANA time zone"),
        ({"tables": []}, "at least 1 item"),
        ({"tables": [RULE, {**RULE, "table": "sales.orders"}]}, "two tables are called orders"),
        ({"tables": [{"table": "a"}]}, "tables.0.key\n  Field required"),
    ],
)
def test_connection_that_cannot_be_meant_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message) as caught:
        Connection(**{"url": "sqlite://", "tables": [RULE], **values})
    assert PASSWORD not in "; ".join(each["msg"] for each in caught.value.errors())


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg2://sales:{}@127.0.0.1:1/shop?connect_timeout=2",
        "oracle+nodriver://sales:{}@127.0.0.1:1/shop",
    ],
)
def test_password_is_nowhere_after_a_failed_run(
    shop: Database, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    encoded = "p%40ss%3Aword%2F81"
    caplog.set_level(logging.DEBUG)
    with pytest.raises(LandingError) as caught:
        shop.land(url=url.format(encoded))
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert str(caught.value).startswith("sql_database: ")
    assert "refused or did not answer 6 times" in shown or "is not installed" in shown
    for path in shop.root.rglob("*"):
        shown += "" if path.is_dir() else path.read_bytes().decode("latin-1")
    assert PASSWORD not in shown
    assert encoded not in shown
    assert encoded not in repr(Connection(url=url.format(encoded), tables=[RULE]))


def test_each_table_is_looked_at_by_a_query_and_a_database_that_is_down_is_named(
    shop: Database,
) -> None:
    shop.run("create table currencies (code varchar(3) primary key)")
    rules = (RULE, {"table": "currencies", "key": "code"})

    def looks(url: str) -> list[tuple[str, str, int]]:
        found = probe(
            "sql_database",
            connection=Connection(url=url, tables=rules),
            state_dir=shop.root / "state",
            clock=lambda: START,
            patience=Patience(sleep=lambda seconds: None),
            known=entities_of(tuple(TableRule(**rule) for rule in rules)),
        )
        return [(look.entity, look.state, look.calls) for look in found]

    assert looks(f"sqlite:///{shop.root / 'shop.db'}") == [
        ("orders", "ok", 1),
        ("currencies", "ok", 1),
    ]
    assert looks("postgresql+psycopg2://sales:secret-81@127.0.0.1:1/shop?connect_timeout=2") == [
        ("orders", "out of reach", 0),
        ("currencies", "out of reach", 0),
    ]


def test_entities_are_known_without_the_database() -> None:
    (entity,) = entities_of((TableRule(table="sales.Orders", key="OrderID"),))
    assert (entity.name, entity.key) == ("orders", ("order_id",))

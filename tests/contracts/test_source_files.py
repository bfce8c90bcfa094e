"""Imports of files land what the files say, once, and say what they could not read."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from ingestion.catalog import connection_model, entities, source_names
from ingestion.entity import REJECT_COLUMNS
from ingestion.feed import Progress
from ingestion.landing import LandingLocked, LandingReport, land
from ingestion.lock import exclusive
from ingestion.sources.files.importer import ImportReport, import_directory
from ingestion.sources.files.marked_yaml import MappingError
from ingestion.sources.files.settings import Connection
from tests.paths import PROJECT, SHARED_DATA

EXAMPLES = PROJECT / "docs" / "examples"
SAMPLES = SHARED_DATA / "samples"
SMALL = """\
complete: true
entities:
  users:
    file: users.csv
    key: no
    columns: {name: name, hired_on: hired}
  accounts:
    file: accounts.csv
    key: no
    columns:
      name: name
      employees: staff
      owner_id: {column: owner, lookup: users.name}
"""
USERS = "no,name,hired\nu1,Ann,2020-01-01\nu2,Bob,2021-01-01\n"
ACCOUNTS = "no,name,staff,owner\na1,Acme,5,Ann\na2,Beta,6,Bob\na3,Chi,7,\n"


@dataclass
class Importer:
    """A lake of its own; every import happens an hour after the one before."""

    folder: Path
    hour: int = 0

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    def run(self, directory: Path, mapping: Path, progress: Progress | None = None) -> ImportReport:
        self.hour += 1
        at = datetime(2026, 11, 22, self.hour, tzinfo=UTC)
        return import_directory(
            directory,
            mapping,
            lake_url=str(self.lake),
            state_dir=self.folder / "state",
            clock=lambda: at,
            progress=progress,
        )

    def files(
        self, mapping: str = SMALL, progress: Progress | None = None, **files: str
    ) -> ImportReport:
        """`users="…"` is the content of users.csv."""
        exports = self.folder / "exports"
        exports.mkdir(exist_ok=True)
        for name, content in files.items():
            (exports / f"{name}.csv").write_text(content, encoding="utf-8")
        (self.folder / "mapping.yml").write_text(mapping, encoding="utf-8")
        return self.run(exports, self.folder / "mapping.yml", progress)

    def log(self, entity: str) -> pl.DataFrame:
        return pl.read_delta(str(self.lake / "raw" / "files" / entity))

    def landed(self, report: ImportReport) -> dict[str, tuple[int, int, int]]:
        """Rows, rejects and tombstones of the tables that have any."""
        counts = {
            name: (table.rows, table.rejects, table.tombstones)
            for name, table in report.tables.items()
        }
        return {name: count for name, count in counts.items() if any(count)}


@pytest.fixture
def importer(tmp_path: Path) -> Importer:
    return Importer(tmp_path)


def test_the_catalog_knows_the_entities_without_any_file() -> None:
    assert "files" in source_names()
    assert [entity.name for entity in entities("files")][:3] == ["stages", "users", "products"]
    assert connection_model("files") is Connection


def test_maven_comes_through_whole_and_only_once(importer: Importer) -> None:
    directory, mapping = SAMPLES / "maven_crm_opportunities", EXAMPLES / "maven_crm.yml"
    report = importer.run(directory, mapping)
    assert importer.landed(report) == {
        "stages": (4, 0, 0),
        "users": (41, 0, 0),
        "products": (7, 0, 0),
        "accounts": (85, 0, 0),
        "opportunities": (8800, 0, 0),
    }
    deals = importer.log("opportunities")
    assert deals.filter("is_won")["amount"].sum() == 10_005_534
    assert round(100 * deals.filter("is_won").height / deals.filter("is_closed").height, 2) == 63.15
    assert deals["account_id"].null_count() == 1425
    assert deals["created_at"].null_count() == 500
    assert deals["stage"].value_counts(sort=True).rows() == [
        ("Won", 4238),
        ("Lost", 2473),
        ("Engaging", 1589),
        ("Prospecting", 500),
    ]
    assert set(deals["currency"]) == {"USD"}

    product = next(each for each in report.lookups if each.column == "product_id")
    assert (product.aliased, product.unmatched_rows) == ({"GTXPro": 1480}, 0)
    products = importer.log("products").select(product_id="id", product="name")
    named = deals.join(products, on="product_id", how="left")["product"]
    assert (named == "GTX Pro").sum() == 1480
    assert named.null_count() == 0

    users = importer.log("users")
    assert users["role"].value_counts(sort=True).rows() == [("Rep", 35), ("Manager", 6)]
    idle = users.filter(pl.col("role") == "Rep").join(
        deals, left_on="id", right_on="owner_id", how="anti"
    )
    assert idle.height == 5
    assert set(users.filter(pl.col("name") == "Carl Lin")["manager"]) == {"Summer Sewald"}
    accounts = importer.log("accounts")
    assert "technolgy" not in accounts["industry"]
    assert accounts.filter(pl.col("name") == "Acme Corporation")["annual_revenue"].item() == (
        pytest.approx(1_100_040_000)
    )

    again = importer.run(directory, mapping)
    assert importer.landed(again) == {}
    assert again.load_id is None
    assert importer.log("opportunities").height == 8800


def test_x_education_leads_keep_every_column(importer: Importer) -> None:
    report = importer.run(SAMPLES / "x_education_leads", EXAMPLES / "x_education_leads.yml")
    assert importer.landed(report) == {"leads": (6468, 0, 0)}
    leads = importer.log("leads")
    assert leads["is_converted"].sum() == 2454
    assert leads["source"].null_count() == 26
    keys = leads["custom_fields"].str.json_decode(
        pl.Struct(dict.fromkeys(("total_time_spent_on_website", "specialization"), pl.String))
    )
    mapped = {"Prospect ID", "Lead Source", "Country", "Converted"}
    names = set(leads["custom_fields"].str.extract_all(r'"(\w+)":').explode().to_list())
    assert len(names) == 37 - len(mapped)
    source = pl.read_csv(SAMPLES / "x_education_leads" / "leads.csv", infer_schema=False)
    told = keys.struct.field("total_time_spent_on_website")
    assert told.to_list() == source["Total Time Spent on Website"].to_list()
    specialization = source["Specialization"].replace("Select", None)
    assert keys.struct.field("specialization").to_list() == specialization.to_list()


def check_tables(importer: Importer) -> None:
    for entity in entities("files"):
        assert importer.log(entity.name).columns == entity.table_schema.names
        assert importer.log(entity.rejects_name).columns == REJECT_COLUMNS.names


def test_every_entity_has_its_table_after_the_first_import(importer: Importer) -> None:
    told: dict[str, int] = {}
    note: Progress = told.__setitem__
    importer.files(users=USERS, accounts=ACCOUNTS, progress=note)
    check_tables(importer)
    assert told == {"users": 2, "accounts": 3}


def test_a_landing_makes_the_tables_and_leaves_imports_alone(importer: Importer) -> None:
    def landing() -> LandingReport:
        return land(
            "files",
            connection=Connection(),
            lake_url=str(importer.lake),
            state_dir=importer.folder / "state",
            clock=lambda: datetime(2026, 11, 22, tzinfo=UTC),
        )

    assert landing().load_id is None
    check_tables(importer)
    importer.files(users=USERS, accounts=ACCOUNTS)
    assert landing().load_id is None
    assert not importer.log("users")["_deleted"].any()


def test_an_import_lands_only_what_changed(importer: Importer) -> None:
    first = importer.files(users=USERS, accounts=ACCOUNTS)
    assert importer.landed(first) == {"users": (2, 0, 0), "accounts": (3, 0, 0)}

    changed = importer.files(accounts=ACCOUNTS.replace("a2,Beta,6", "a2,Beta,60"))
    assert importer.landed(changed) == {"accounts": (1, 0, 0)}
    versions = importer.log("accounts").filter(pl.col("id") == "a2").sort("_version_at")
    assert versions["employees"].to_list() == [6, 60]
    assert [at.hour for at in versions["_version_at"]] == [1, 2]
    assert versions["_dlt_load_id"].to_list() == [first.load_id, changed.load_id]

    gone = importer.files(accounts="no,name,staff,owner\na1,Acme,5,Ann\na2,Beta,60,Bob\n")
    assert importer.landed(gone) == {"accounts": (0, 0, 1)}
    tombstone = importer.log("accounts").filter("_deleted")
    assert tombstone.select("id", "name").rows() == [("a3", None)]

    back = importer.files(accounts=ACCOUNTS.replace("a2,Beta,6", "a2,Beta,60"))
    assert importer.landed(back) == {"accounts": (1, 0, 0)}
    latest = importer.log("accounts").sort("_version_at").group_by("id").last()
    assert not latest["_deleted"].any()


def test_a_partial_export_deletes_nothing(importer: Importer) -> None:
    mapping = SMALL.replace("complete: true", "complete: false")
    importer.files(mapping, users=USERS, accounts=ACCOUNTS)
    report = importer.files(mapping, accounts="no,name,staff,owner\na4,Delta,1,Bob\n")
    assert importer.landed(report) == {"accounts": (1, 0, 0)}


def test_rejects_are_landed_once_and_a_rejected_row_is_not_deleted(importer: Importer) -> None:
    importer.files(users=USERS, accounts=ACCOUNTS)
    bad = ACCOUNTS.replace("a2,Beta,6", "a2,Beta,six")
    report = importer.files(accounts=bad)
    assert importer.landed(report) == {"accounts": (0, 1, 0)}
    rejects = importer.log("accounts__rejects")
    assert rejects.select("entity", "reason").rows() == [
        ("accounts", "accounts.csv line 3: employees 'six' is not a whole number")
    ]
    assert rejects["record"].to_list() == ['{"no":"a2","name":"Beta","staff":"six","owner":"Bob"}']
    assert importer.landed(importer.files(accounts=bad)) == {}
    mended = importer.files(accounts=ACCOUNTS)
    assert importer.landed(mended) == {}


def test_while_a_line_is_broken_nothing_counts_as_deleted(importer: Importer) -> None:
    importer.files(users=USERS, accounts=ACCOUNTS)
    report = importer.files(accounts=ACCOUNTS.replace("a2,Beta,6,Bob", "a2,Beta"))
    assert importer.landed(report) == {"accounts": (0, 1, 0)}


def test_lookups_find_what_an_earlier_import_landed(importer: Importer) -> None:
    importer.files(users=USERS, accounts=ACCOUNTS)
    mapping = SMALL[: SMALL.index("  users:")] + SMALL[SMALL.index("  accounts:") :]
    report = importer.files(mapping, accounts=ACCOUNTS.replace("a3,Chi,7,", "a3,Chi,7,Eve"))
    (lookup,) = report.lookups
    assert (lookup.matched_rows, lookup.unmatched) == (2, {"Eve": 1})
    latest = importer.log("accounts").sort("_version_at").group_by("id").last().sort("id")
    assert latest["owner_id"].to_list() == ["u1", "u2", None]


def test_a_mistake_in_the_last_file_leaves_the_log_alone(importer: Importer) -> None:
    importer.files(users=USERS, accounts=ACCOUNTS)
    more = USERS + "u3,Cy,2022-01-01\n"
    with pytest.raises(MappingError, match="has no column 'owner'"):
        importer.files(users=more, accounts="no,name,staff\na1,Acme,5\n")
    assert importer.log("users").height == 2
    with pytest.raises(MappingError, match="would delete all 3 accounts"):
        importer.files(accounts="no,name,staff,owner\n")
    assert importer.log("accounts").height == 3


@pytest.mark.parametrize("lock", ["import", "files"])
def test_a_second_import_at_the_same_time_is_refused(importer: Importer, lock: str) -> None:
    with (
        exclusive(importer.folder / "state" / f"{lock}.lock"),
        pytest.raises(LandingLocked, match="is running in process"),
    ):
        importer.files(users=USERS, accounts=ACCOUNTS)

"""The published contract of file drops: what the page says is what an import takes and refuses."""

import re
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from ingestion.entity import INSTANT
from ingestion.sources.files.marked_yaml import MappingError
from ingestion.sources.files.settings import REQUIRED, entity
from tests.contracts.test_source_files import Importer
from tests.paths import PROJECT

EXAMPLE = PROJECT / "docs" / "examples" / "enablement.yml"
PAGE = PROJECT / "docs" / "sources" / "files.md"
TYPES = {
    "text": pa.string(), "number": pa.float64(), "whole number": pa.int64(), "flag": pa.bool_(),
    "date": pa.date32(), "time": INSTANT,
}  # fmt: skip

FILES = {
    "content_assets": """\
asset_id,name,type,status,library,language,sales_stage,version,url,owner_email,created_at,updated_at,\
published_at,expires_on,Deck Color
A1,提案書,Deck,Published,Sales,ja,Proposal,3.0,https://c.test/1,,2026-01-05T09:00:00Z,\
2026-03-01T08:00:00Z,2026-01-06T09:00:00+09:00,2026-12-31,blue
A2,One-pager,one-pager,archived,Sales,en,,007,,,2026-01-05T09:00:00Z,2026-02-01T08:00:00Z,,,
A3,,video,draft,,,,,,,,2026-02-01T08:00:00Z,,,
""",
    "content_views_2026_10": """\
view_id,asset_id,action,viewer_email,shared_by_email,opportunity_id,viewed_at,duration_seconds,\
page_count
V1,A1,view,Buyer@Acme.example,ann@x.test,O1,2026-10-01T10:00:00Z,95,12
V2,A1,share,,ann@x.test,,2026-10-01T09:00:00Z,,
V3,,view,b@acme.example,,,2026-10-02T10:00:00Z,5,1
V4,A2,view,b@acme.example,,,soon,5,1
""",
    "content_views_2026_11": """\
view_id,asset_id,action,viewer_email,shared_by_email,opportunity_id,viewed_at,duration_seconds,\
page_count
V5,A2,download,c@acme.example,,,2026-11-01T10:00:00Z,,
""",
    "courses": """\
course_id,name,category,format,status,url,duration_minutes,is_mandatory,created_at
C1,Forecasting,process,online,active,https://l.test/1,45,yes,2026-01-01T00:00:00Z
C2,Negotiation,skill,classroom,active,,480,no,2026-01-01T00:00:00Z
""",
    "course_completions": """\
course_id,email,status,score,is_passed,assigned_at,started_at,completed_at,due_on,expires_on
C1,Ann@X.test,completed,92.5,true,2026-02-01T00:00:00Z,2026-02-02T08:00:00Z,\
2026-02-02T09:00:00Z,2026-03-01,2027-02-02
C1,bob@x.test,assigned,,,2026-02-01T00:00:00Z,,,2026-03-01,
C2,Ann@X.test,in progress,,,,2026-02-02T08:00:00Z,,,
C2,,assigned,,,,,,,
""",
    "firmographics": """\
domain,name,industry,industry_code,employees,annual_revenue,currency,country,region,city,\
founded_year,ownership,parent_domain,technologies,provider,enriched_at
acme.example,Acme GmbH,Machinery,0333,1200,150000000.5,EUR,Germany,Bayern,München,1921,private,,\
SAP;Salesforce,DataCo,2026-10-01T00:00:00Z
beta.example,Beta,Software,5112,40,,,USA,CA,,2015,public,,,DataCo,2026-10-01T00:00:00Z
""",
}


@pytest.fixture
def drop(tmp_path: Path) -> Importer:
    return Importer(tmp_path)


def documented() -> dict[str, list[tuple[str, str, bool]]]:
    """Entity → column, type and whether it is required, as the page's tables say."""
    text = PAGE.read_text(encoding="utf-8")
    sections = re.split(r"^### ", text, flags=re.MULTILINE)[1:]
    return {
        section.split("\n", 1)[0]: [
            (name, kind, required == "yes")
            for name, kind, required in re.findall(
                r"^\| (\w+) \| ([\w ]+?) \| ?(yes)? \|", section, flags=re.MULTILINE
            )
            if name != "column"
        ]
        for section in sections
    }


def test_the_page_says_what_an_import_takes() -> None:
    told = documented()
    assert set(told) == set(REQUIRED)
    for name, columns in told.items():
        declared = {
            field.name: field.type
            for field in entity(name).columns
            if field.name not in ("id", "custom_fields")
        }
        assert {column: TYPES[kind] for column, kind, _ in columns} == declared
        assert tuple(column for column, _, required in columns if required) == REQUIRED[name]


def test_a_drop_lands_by_the_example_and_rejects_say_why(drop: Importer) -> None:
    mapping = EXAMPLE.read_text(encoding="utf-8")
    report = drop.files(mapping, **FILES)
    assert drop.landed(report) == {
        "content_assets": (2, 1, 0),
        "content_views": (3, 2, 0),
        "courses": (2, 0, 0),
        "course_completions": (3, 1, 0),
        "firmographics": (2, 0, 0),
    }
    assert drop.landed(drop.files(mapping, **FILES)) == {}
    reasons = [
        reason
        for name in ("content_assets", "content_views", "course_completions")
        for reason in drop.log(f"{name}__rejects")["reason"].sort().to_list()
    ]
    assert reasons == [
        "content_assets.csv line 4: name is missing",
        "content_views_2026_10.csv line 4: content_asset_id is missing",
        "content_views_2026_10.csv line 5: viewed_at 'soon' is not a time",
        "course_completions.csv line 5: key course_id, email is missing; email is missing",
    ]


def test_values_arrive_with_their_types(drop: Importer) -> None:
    drop.files(EXAMPLE.read_text(encoding="utf-8"), **FILES)
    deck = drop.log("content_assets").row(by_predicate=pl.col("id") == "A1", named=True)
    assert (deck["name"], deck["version"], str(deck["expires_on"])) == (
        "提案書",
        "3.0",
        "2026-12-31",
    )
    assert deck["published_at"].isoformat() == "2026-01-06T00:00:00+00:00"
    assert deck["_version_at"].isoformat() == "2026-03-01T08:00:00+00:00"
    assert deck["custom_fields"] == '{"deck_color":"blue"}'
    done = drop.log("course_completions").row(
        by_predicate=pl.col("id") == "C1|Ann@X.test", named=True
    )
    assert (done["score"], done["is_passed"], str(done["due_on"])) == (92.5, True, "2026-03-01")
    companies = drop.log("firmographics").sort("id")
    assert companies["industry_code"].to_list() == ["0333", "5112"]
    assert companies["annual_revenue"].to_list() == [150_000_000.5, None]
    assert companies["currency"].to_list() == ["EUR", "USD"]


def test_an_asset_that_is_missing_is_deleted_and_views_stay(drop: Importer) -> None:
    mapping = EXAMPLE.read_text(encoding="utf-8")
    drop.files(mapping, **FILES)
    later = {
        **FILES,
        "content_assets": FILES["content_assets"].replace("A2,One-pager", "A4,One-pager"),
        "content_views_2026_10": FILES["content_views_2026_11"].replace("V5", "V6"),
    }
    assert drop.landed(drop.files(mapping, **later)) == {
        "content_assets": (1, 0, 1),
        "content_views": (1, 0, 0),
    }


def test_a_mapping_without_a_required_column_is_refused(drop: Importer) -> None:
    mapping = EXAMPLE.read_text(encoding="utf-8").replace("      email: email\n", "")
    with pytest.raises(MappingError, match="course_completions needs the column 'email'"):
        drop.files(mapping, **FILES)


def test_a_required_reference_that_is_not_found_rejects_its_row(drop: Importer) -> None:
    mapping = EXAMPLE.read_text(encoding="utf-8").replace(
        "course_id: course_id\n", "course_id: {column: course_id, lookup: courses.name}\n"
    )
    files = {
        **FILES,
        "course_completions": "course_id,email,status,score,is_passed,assigned_at,started_at,"
        "completed_at,due_on,expires_on\nForecasting,ann@x.test,assigned,,,,,,,\n"
        "Juggling,ann@x.test,assigned,,,,,,,\n",
    }
    report = drop.files(mapping, **files)
    assert drop.landed(report)["course_completions"] == (1, 1, 0)
    assert drop.log("course_completions")["course_id"].to_list() == ["C1"]
    assert drop.log("course_completions__rejects")["reason"].to_list() == [
        "course_completions.csv line 3: course_id: 'Juggling' is no courses.name, or of several"
    ]

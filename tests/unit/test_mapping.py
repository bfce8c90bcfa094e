"""A mapping is checked before any data is read, and every mistake is named with its line."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from ingestion.sources.files.mapping import (
    CheckedMapping,
    FileRule,
    MappingRules,
    Rule,
    load_mapping,
)
from ingestion.sources.files.marked_yaml import MappingError
from ingestion.sources.files.settings import ENTITIES
from tests.paths import PROJECT

DOCUMENT = PROJECT / "docs" / "import.md"

GOOD = """\
time_zone: Europe/Berlin
currency: EUR
stages:
  - {name: Open, order: 1, probability: 20}
  - {name: Won, order: 2, is_won: true}
  - {name: Lost, order: 3, is_closed: true}
entities:
  users:
    file: users.csv
    key: user_no
    columns: {name: user}
  opportunities:
    file: deals_*.csv
    key: {hash: [deal, account]}
    columns:
      name: deal
      stage: phase
      amount: {column: value, decimal: ",", thousands: "."}
      owner_id: {column: seller, lookup: users.name}
"""


def mapping_of(tmp_path: Path, text: str) -> CheckedMapping:
    file = tmp_path / "crm.yml"
    file.write_text(text, encoding="utf-8")
    return load_mapping(file)


def error_of(tmp_path: Path, old: str, new: str) -> MappingError:
    assert old in GOOD
    with pytest.raises(MappingError) as caught:
        mapping_of(tmp_path, GOOD.replace(old, new, 1))
    return caught.value


def test_files_inherit_what_stands_at_the_top(tmp_path: Path) -> None:
    mapping = mapping_of(tmp_path, GOOD + "complete: true\nnull_values: [NULL, '-']\n")
    users, opportunities = mapping.entities
    assert (users.entity, users.complete) == ("users", True)
    assert opportunities.files[0].time_zone == "Europe/Berlin"
    assert opportunities.files[0].currency == "EUR"
    assert opportunities.files[0].null_values == ("", "NULL", "-")
    assert opportunities.files[0].rule.key.hash == ("deal", "account")


def test_a_file_may_say_otherwise(tmp_path: Path) -> None:
    text = GOOD.replace("    key: user_no\n", "    key: user_no\n    time_zone: UTC\n")
    users = mapping_of(tmp_path, text).entities[0]
    assert users.files[0].time_zone == "UTC"
    assert not users.complete


def test_a_won_stage_is_closed_and_certain(tmp_path: Path) -> None:
    stages = {stage.name: stage for stage in mapping_of(tmp_path, GOOD).stages}
    assert (stages["Won"].is_closed, stages["Won"].probability) == (True, 100)
    assert stages["Won"].forecast_category == "Closed"
    assert (stages["Lost"].is_won, stages["Lost"].probability) == (False, 0)
    assert stages["Lost"].forecast_category == "Omitted"
    assert stages["Open"].forecast_category == "Pipeline"


def test_words_that_yaml_takes_for_flags_and_numbers_stay_words(tmp_path: Path) -> None:
    text = GOOD.replace("stage: phase", "stage: {column: phase, values: {No: Lost, 007: Won}}")
    columns = mapping_of(tmp_path, text).entities[1].files[0].rule.columns
    assert columns["stage"].values == {"No": "Lost", "007": "Won"}


@pytest.mark.parametrize(
    ("old", "new", "line", "said", "allowed"),
    [
        ("name: deal\n", "nmae: deal\n", 16, "Did you mean 'name'?", "amount"),
        ("  users:", "  user:", 8, "Did you mean 'users'?", "accounts"),
        ("decimal:", "decimals:", 18, "Did you mean 'decimal'?", "thousands"),
        ('decimal: ","', "decimal: ;", 18, "decimal cannot be ';'", ","),
        ("    key: user_no\n", "", 8, "'key' is missing", None),
        ("key: user_no", "key: {hashed: user_no}", 10, "Did you mean 'hash'?", "columns"),
        ("users.name", "user.name", 19, "Did you mean 'users.name'?", "users.email"),
        ("users.name", "accounts.name", 19, "cannot search 'accounts.name'", "users.id"),
        ("Europe/Berlin", "Europe/Berlim", 1, "Did you mean 'Europe/Berlin'?", None),
        ("currency: EUR", "curency: EUR", 2, "Did you mean 'currency'?", "time_zone"),
        ("order: 1", "order: first", 4, "order:", None),
        ("probability: 20", "probability: 120", 4, "probability:", None),
        ("order: 1, probability: 20", "order: 1", 4, "'probability' is missing", None),
        ("name: Lost", "name: Won", 3, "stage 'Won' stands twice", None),
        ("name: deal", "name: {column: deal, constant: x}", 16, "exactly one of", None),
        ("name: deal", "name: {column: deal, format: '%Y'}", 16, "for dates and times", None),
        ("name: deal", "close_date: {column: d, format: DD.MM.YYYY}", 16, "%d.%m.%Y", None),
        ("name: deal", "close_date: {column: d, format: '%d.%m.'}", 16, "%d.%m.%Y", None),
        ("name: deal", "name: {column: deal, lookup: users.name}", 16, "for references", None),
        ("name: deal", "name: {column: deal, unlisted: drop}", 16, "cannot be 'drop'", "reject"),
        ("name: deal", "is_won: {column: deal, values: {x: perhaps}}", 16, "'perhaps'", "yes"),
        ("name: deal", "id: deal", 16, "comes from `key`", None),
        ("name: deal", "name: [deal]", 16, "must hold `word: value` lines", None),
        ("      name: deal\n", "      name: deal\n      name: x\n", 17, "stands twice", None),
        ("stage: phase", "stage: [phase", 18, "not YAML", None),
        ("entities:", "entitys:", 7, "Did you mean 'entities'?", "stages"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, line: int, said: str, allowed: str | None
) -> None:
    error = error_of(tmp_path, old, new)
    found = [problem for problem in error.problems if said in problem.message]
    assert found, str(error)
    assert found[0].position is not None
    assert found[0].position.line == line
    assert allowed is None or allowed in found[0].allowed
    assert f"crm.yml:{line}:" in str(error)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    error = error_of(tmp_path, "stage: phase\n", "stages: phase\n      amuont: value\n")
    assert [problem.position.line for problem in error.problems if problem.position] == [17, 18]
    assert error.line == 17
    assert "stage" in error.allowed


def test_opportunities_with_stages_need_the_block(tmp_path: Path) -> None:
    block = GOOD[GOOD.index("stages:") : GOOD.index("entities:")]
    error = error_of(tmp_path, block, "")
    assert "needs the block `stages`" in str(error)


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b\n", "a: &a {b: *a}\n", "\x00"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(MappingError, match=r"crm\.yml"):
        mapping_of(tmp_path, text)


def test_a_missing_mapping_is_named(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="there is no mapping file"):
        load_mapping(tmp_path / "none.yml")


def test_a_mapping_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "crm.yml"
    file.write_bytes("entities: {users: Büro}".encode("latin-1"))
    with pytest.raises(MappingError, match="must be UTF-8"):
        load_mapping(file)


@pytest.mark.parametrize("name", ["maven_crm.yml", "x_education_leads.yml"])
def test_the_examples_are_mappings(name: str) -> None:
    assert load_mapping(PROJECT / "docs" / "examples" / name).entities


def test_the_documented_mapping_is_one(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert [each.entity for each in mapping_of(tmp_path, block).entities] == [
        "accounts",
        "opportunities",
    ]


def test_the_documented_columns_are_those_there_are() -> None:
    text = DOCUMENT.read_text(encoding="utf-8").split("## Entities and columns")[1]
    rows = re.findall(r"^\| (\w+) \| (.*) \|$", text.split("\n## ")[0], re.MULTILINE)
    told = {name: re.sub(r" \(.*?\)", "", columns).split(", ") for name, columns in rows[1:]}
    there = {each.name: set(each.columns.names) - {"id", "custom_fields"} for each in ENTITIES}
    del there["stages"]
    assert {name: set(columns) for name, columns in told.items()} == there


@pytest.mark.parametrize(
    ("section", "model"),
    [("### At the top", MappingRules), ("### For a file", FileRule), ("### A column", Rule)],
)
def test_every_word_of_a_mapping_is_documented(section: str, model: type[BaseModel]) -> None:
    text = DOCUMENT.read_text(encoding="utf-8").split(section)[1].split("\n##")[0]
    told = set(re.findall(r"`(\w+)`", text))
    at_the_top = {"version", "description", "time_zone", "currency", "null_values"}
    assert set(model.model_fields) - at_the_top <= told

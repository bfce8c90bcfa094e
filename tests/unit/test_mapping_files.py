"""What becomes of the lines of a file: rows, rejects with their line, or a clear refusal."""

import json
from datetime import UTC, date, datetime
from hashlib import md5
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from ingestion.sources.files import reading
from ingestion.sources.files.mapping import load_mapping
from ingestion.sources.files.marked_yaml import MappingError
from ingestion.sources.files.shaping import References
from ingestion.sources.files.spool import Spool, spooled

ACCOUNTS = """\
entities:
  accounts:
    file: accounts.csv
    key: no
    columns: {name: name, employees: staff, created_at: since}
"""
SEEN = datetime(2026, 11, 22, 12, tzinfo=UTC)


def spool_of(folder: Path, mapping: str, **files: str | bytes) -> Spool:
    """Spools the mapping's only entity; `accounts_csv="…"` is the content of accounts.csv."""
    exports = folder / "exports"
    exports.mkdir(exist_ok=True)
    for name, content in files.items():
        raw = content.encode() if isinstance(content, str) else content
        (exports / name.replace("_csv", ".csv")).write_bytes(raw)
    file = folder / "mapping.yml"
    file.write_text(mapping, encoding="utf-8")
    checked = load_mapping(file)
    nobody = pl.Series([], dtype=pl.String)
    users = pl.Series(["Ann", "Bob"])
    references = {"users.name": References(users, pl.Series(["u1", "u2"]), pl.Series(["Eve"]))}
    references["users.email"] = References(nobody, nobody, nobody)
    return spooled(
        checked.entities[0],
        exports,
        folder,
        document=checked.document,
        stages=checked.stages,
        references=references,
    )


def rows(spool: Spool, *columns: str) -> list[tuple[object, ...]]:
    pages = [pl.DataFrame(page) for page in spool.pages(SEEN)]
    return pl.concat(pages).select(columns).rows() if pages else []


def reasons(spool: Spool) -> list[str]:
    return spool.rejects["__reason"].to_list()


def error_of(folder: Path, mapping: str, **files: str | bytes) -> MappingError:
    with pytest.raises(MappingError) as caught:
        spool_of(folder, mapping, **files)
    return caught.value


def test_rejects_name_file_line_and_reason(tmp_path: Path) -> None:
    spool = spool_of(
        tmp_path,
        ACCOUNTS,
        accounts_csv=(
            "no,name,staff,since\n"
            '1,"Two\nlines",5,2024-01-01\n'
            "2,Few\n"
            ",Nameless,5,2024-01-01\n"
            "\n"
            "3,Odd,many,tomorrow\n"
            "4,Good,7,2024-01-02\n"
            "5,Too,many,fields,here\n"
        ),
    )
    assert rows(spool, "id", "name", "employees") == [("1", "Two\nlines", 5), ("4", "Good", 7)]
    assert sorted(reasons(spool)) == [
        "accounts.csv line 4: 2 fields where the header has 4",
        "accounts.csv line 5: key no is missing",
        "accounts.csv line 7: employees 'many' is not a whole number; "
        "created_at 'tomorrow' is not a time",
        "accounts.csv line 9: 5 fields where the header has 4",
    ]
    records = spool.rejects.filter(pl.col("__reason").str.contains("line 7"))["__record"]
    assert json.loads(records.item()) == {
        "no": "3",
        "name": "Odd",
        "staff": "many",
        "since": "tomorrow",
    }
    assert spool.has_broken_lines


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_lines_are_right_across_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", 1_000)
    lines = [
        f'{n},"name\n{n}",{n},2024-01-01' if n % 7 else (f"{n},x" if n % 2 else f"{n},x,bad,")
        for n in range(1, 500)
    ]
    text = "no,name,staff,since\n" + "\n".join(lines) + "\n"
    spool = spool_of(tmp_path, ACCOUNTS, accounts_csv=text.replace("\n", ending))
    physical = text.split("\n")
    named = {int(each.split(" line ")[1].split(":")[0]) for each in reasons(spool)}
    assert named == {at for at, line in enumerate(physical, 1) if ",x" in line}
    assert len(rows(spool, "id")) == 499 - 71


def test_unmapped_columns_become_custom_fields_without_nulls(tmp_path: Path) -> None:
    mapping = ACCOUNTS + "    ignore: [secret]\n    null_values: Select\n"
    spool = spool_of(
        tmp_path,
        mapping,
        accounts_csv=(
            "no,name,staff,since,Zip Code,City,secret\n"
            '1,A,,,08541,"Quo""te\\ €",x\n2,B,,,Select,,x\n3,C,,,,Rom,x\n'
        ),
    )
    assert rows(spool, "id", "custom_fields") == [
        ("1", '{"city":"Quo\\"te\\\\ €","zip_code":"08541"}'),
        ("2", None),
        ("3", '{"city":"Rom"}'),
    ]


def test_a_lookup_matches_by_alias_or_keeps_the_word(tmp_path: Path) -> None:
    mapping = ACCOUNTS.replace(
        "columns: {", "columns: {owner_id: {column: seller, lookup: users.name, "
        "aliases: {Annie: Ann}}, "
    )  # fmt: skip
    spool = spool_of(
        tmp_path,
        mapping,
        accounts_csv="no,name,staff,since,seller\n"
        "1,A,,,Ann\n2,B,,, Annie\n3,C,,,Zoe\n4,D,,,Zoe\n5,E,,,\n6,F,,,Eve\n",
    )
    assert rows(spool, "id", "owner_id", "custom_fields") == [
        ("1", "u1", None),
        ("2", "u1", None),
        ("3", None, '{"seller":"Zoe"}'),
        ("4", None, '{"seller":"Zoe"}'),
        ("5", None, None),
        ("6", None, '{"seller":"Eve"}'),
    ]
    (lookup,) = spool.lookups
    assert (lookup.matched_rows, lookup.aliased_rows, lookup.unmatched_rows) == (1, 1, 2)
    assert (lookup.aliased, lookup.unmatched) == ({"Annie": 1}, {"Zoe": 2})
    assert (lookup.ambiguous_rows, lookup.ambiguous) == (1, {"Eve": 1})


def test_the_stage_tells_what_the_file_does_not(tmp_path: Path) -> None:
    mapping = """\
currency: EUR
stages:
  - {name: Open, order: 1, probability: 20}
  - {name: Won, order: 2, is_won: true}
entities:
  opportunities:
    file: deals.csv
    key: no
    columns:
      stage: {column: phase, values: {done: Won}}
      probability: chance
      currency: money
"""
    deals = "no,phase,chance,money\n1,Open,,\n2,Open,35,USD\n3,done,,\n4,Limbo,,\n"
    spool = spool_of(tmp_path, mapping, deals_csv=deals)
    columns = ("stage", "probability", "forecast_category", "is_closed", "is_won", "currency")
    assert rows(spool, *columns) == [
        ("Open", 20.0, "Pipeline", False, False, "EUR"),
        ("Open", 35.0, "Pipeline", False, False, "USD"),
        ("Won", 100.0, "Closed", True, True, "EUR"),
        ("Limbo", None, None, None, None, "EUR"),
    ]
    assert [lookup.unmatched for lookup in spool.lookups] == [{"Limbo": 1}]


def test_repeated_rows_count_once_and_contradictions_are_rejected(tmp_path: Path) -> None:
    spool = spool_of(
        tmp_path,
        ACCOUNTS,
        accounts_csv="no,name,staff,since\n1,A,1,\n2,B,2,\n1,A,1,\n2,B,3,\n",
    )
    assert rows(spool, "id", "employees") == [("1", 1), ("2", 2)]
    assert spool.repeated_rows == 1
    assert reasons(spool) == [
        "accounts.csv line 5: the key '2' stands in accounts.csv line 3, too, with other values"
    ]
    assert json.loads(spool.rejects["__record"].item())["employees"] == 3


def test_the_newest_version_lands_with_its_modification_time(tmp_path: Path) -> None:
    spool = spool_of(
        tmp_path,
        ACCOUNTS + "    version_at: changed\n",
        accounts_csv="no,name,staff,since,changed\n"
        "1,Old,,,2024-01-01\n1,New,,,2024-02-01\n1,Older,,,2023-01-01\n2,B,,,\n",
    )
    assert rows(spool, "id", "name", "_version_at") == [
        ("1", "New", datetime(2024, 2, 1, tzinfo=UTC)),
        ("2", "B", SEEN),
    ]
    assert (spool.repeated_rows, reasons(spool)) == (2, [])


def test_hashed_keys_are_stable_and_joined_keys_readable(tmp_path: Path) -> None:
    content = "no,name,staff,since\n1,A,,\n1,B,,\n1,,,\n"
    hashed = ACCOUNTS.replace("key: no", "key: {hash: [no, name]}")
    spool = spool_of(tmp_path, hashed, accounts_csv=content)
    assert [key for (key,) in rows(spool, "id")] == [
        md5(words).hexdigest() for words in (b"1\x1fA", b"1\x1fB", b"1\x1f")
    ]
    joined = ACCOUNTS.replace("key: no", "key: [no, name]")
    spool = spool_of(tmp_path, joined, accounts_csv=content)
    assert [key for (key,) in rows(spool, "id")] == ["1|A", "1|B"]
    assert reasons(spool) == ["accounts.csv line 4: key no, name is missing"]


def test_delimiter_encoding_header_line_and_quote(tmp_path: Path) -> None:
    mapping = ACCOUNTS + (
        "    delimiter: ';'\n    encoding: windows-1252\n    header_line: 3\n    quote: \"'\"\n"
    )
    content = "Export\nof today\nno;name;staff;since\n1;'Köln; €';5;\n;x;;\n".encode("cp1252")
    spool = spool_of(tmp_path, mapping, accounts_csv=content)
    assert rows(spool, "id", "name") == [("1", "Köln; €")]
    assert reasons(spool) == ["accounts.csv line 5: key no is missing"]


def test_utf8_with_byte_order_mark_and_utf16(tmp_path: Path) -> None:
    content = "no,name,staff,since\n1,Köln,5,\n"
    spool = spool_of(tmp_path, ACCOUNTS, accounts_csv=content.encode("utf-8-sig"))
    assert rows(spool, "id", "name") == [("1", "Köln")]
    mapping = ACCOUNTS + "    encoding: utf-16\n"
    spool = spool_of(tmp_path, mapping, accounts_csv=content.encode("utf-16"))
    assert rows(spool, "id", "name") == [("1", "Köln")]


def test_several_files_of_a_pattern_are_one_export(tmp_path: Path) -> None:
    mapping = ACCOUNTS.replace("accounts.csv", "part_*.csv")
    header = "no,name,staff,since\n"
    spool = spool_of(
        tmp_path, mapping, part_1_csv=header + "1,A,,\n", part_2_csv=header + "2,B,x,\n"
    )
    assert rows(spool, "id") == [("1",)]
    assert reasons(spool) == ["part_2.csv line 2: employees 'x' is not a whole number"]


def test_a_sheet_keeps_its_types(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    book = openpyxl.Workbook()
    book.create_sheet("Firms")
    sheet = book["Firms"]
    for row in (
        ["a title"],
        ["no", "name", "staff", "since", "Rating", None],
        [17, "A", 5.0, datetime(2024, 7, 1, 9, 30), 4.5, "spare"],
        ["18b", "B", None, datetime(2024, 7, 2), None, None],
        [None, "C", 1, None, None, None],
        [19, "D", "some", None, None, None],
    ):
        sheet.append(row)
    book.save(tmp_path / "exports" / "accounts.xlsx")
    mapping = ACCOUNTS.replace("accounts.csv", "accounts.xlsx")
    spool = spool_of(tmp_path, mapping + "    sheet: Firms\n    header_line: 2\n")
    assert rows(spool, "id", "employees", "created_at", "custom_fields") == [
        ("17", 5, datetime(2024, 7, 1, 9, 30, tzinfo=UTC), '{"column_6":"spare","rating":4.5}'),
        ("18b", None, datetime(2024, 7, 2, tzinfo=UTC), None),
    ]
    assert reasons(spool) == [
        "accounts.xlsx line 5: key no is missing",
        "accounts.xlsx line 6: employees 'some' is not a whole number",
    ]
    error = error_of(tmp_path, mapping + "    sheet: Frims\n")
    assert (error.line, error.allowed) == (6, ("Sheet", "Firms"))
    assert "Did you mean 'Firms'?" in str(error)


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    frame = pl.DataFrame(
        {
            "no": [1, 2, None],
            "name": ["A", "B", "C"],
            "staff": [5.0, 5.5, 1.0],
            "since": [datetime(2024, 7, 1, tzinfo=UTC)] * 3,
            "day": [date(2024, 7, 1), None, None],
            "tags": [["x", "y"], None, None],
            "size": [1, None, None],
        }
    )
    frame.write_parquet(tmp_path / "exports" / "accounts.parquet")
    spool = spool_of(tmp_path, ACCOUNTS.replace("accounts.csv", "accounts.parquet"))
    assert rows(spool, "id", "employees", "created_at", "custom_fields") == [
        (
            "1",
            5,
            datetime(2024, 7, 1, tzinfo=UTC),
            '{"day":"2024-07-01","size":1,"tags":"[\\"x\\",\\"y\\"]"}',
        ),
    ]
    assert reasons(spool) == [
        "accounts.parquet line 2: employees '5.5' is not a whole number",
        "accounts.parquet line 3: key no is missing",
    ]


@pytest.mark.parametrize(
    ("content", "said", "line"),
    [
        (b"no,name,staff\n1,A,5\n", "accounts.csv has no column 'since'", 5),
        (b"no;name;staff;since\n", "The delimiter is ','", 4),
        (b"no,name,staff,since,since\n", "two columns 'since'", 3),
        (b"", "accounts.csv is empty", 3),
        ("no,name,staff,since\n1,Köln,,\n".encode("cp1252"), "line 2 is not utf-8: byte 0xf6", 3),
        (b'no,name,staff,since\n0,C,,\n1,"A,5,\n2,B,6,\n', "line 3: a quote", 3),
        (b'no,name,staff,since\n0,C,,\n1,A,5,"\n2,B,6,\n', "line 3: a quote", 3),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, content: bytes, said: str, line: int
) -> None:
    error = error_of(tmp_path, ACCOUNTS, accounts_csv=content)
    assert said in str(error)
    assert error.line == line


def test_the_columns_that_are_there_are_named(tmp_path: Path) -> None:
    error = error_of(tmp_path, ACCOUNTS, accounts_csv="no,Name,staff,since\n1,A,5,\n")
    assert error.allowed == ("no", "Name", "staff", "since")
    assert "Did you mean 'Name'?" in str(error)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("accounts.csv", "accuonts.csv", "Did you mean 'accounts.csv'?"),
        ("accounts.csv", "../accounts.csv", "must lie in the import's directory"),
        ("accounts.csv", "'*.xls'", "no file '*.xls'"),
        ("accounts.csv", "*.csv", "begins with * or & needs quotes"),
        ("name: name", "name: name, region: {constant: ''}", "constant:"),
        ("employees: staff", "employees: {column: staff, default: few}", "cannot be 'few'"),
        ("    key", "    encoding: utf-99\n    key", "no encoding 'utf-99'"),
        ("    key", "    ignore: [nope]\n    key", "no column 'nope'"),
    ],
)
def test_a_mapping_that_does_not_fit_the_files_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    content = "no,name,staff,since\n1,A,5,\n"
    error = error_of(tmp_path, ACCOUNTS.replace(old, new), accounts_csv=content)
    assert said in str(error)
    assert error.line is not None


def test_an_empty_or_missing_directory_is_refused(tmp_path: Path) -> None:
    assert "is empty" in str(error_of(tmp_path, ACCOUNTS))
    file = tmp_path / "mapping.yml"
    checked = load_mapping(file)
    with pytest.raises(MappingError, match="there is no directory"):
        reading.find_files(tmp_path / "none", checked.entities[0].files[0], checked.document)

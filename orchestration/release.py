"""Releases of the warehouse: built beside the served one, verified, switched to in one step.

    serving/candidates/<id>/   a refresh at work: a copy of the current release, or empty
    serving/releases/<id>/     verified, never changed again
    serving/current            symbolic link to the one that is served
    serving/history.jsonl      what was served when

A refresh that fails or is killed anywhere leaves `current` as it was: only `publish` and `rollback`
touch the link, each by one rename, and `publish` verifies the release itself, whoever calls it.
"""

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import RevlakeError
from orchestration.file_copy import copy_file
from orchestration.writer_lock import Writer

DATABASES = ("lakehouse", "warehouse")
MANIFEST = "manifest.json"
STATE = "candidate.json"
CHECKS = "checks.jsonl"
HISTORY = "history.jsonl"
TRASH_PREFIX = ".trash-"


class ReleaseError(RevlakeError):
    """A release cannot be opened, found or changed; the message says why and what to do."""


class PublishRefusedError(ReleaseError):
    """The candidate did not hold; `reasons` lists everything that was wrong with it."""

    def __init__(self, release_id: str, reasons: Sequence[str]) -> None:
        super().__init__(f"release {release_id} was not published: {'; '.join(reasons)}")
        self.reasons = tuple(reasons)


@dataclass(frozen=True)
class CheckRecord:
    """One check of a candidate. A later record of the same suite and name replaces it."""

    suite: str
    name: str
    passed: bool
    blocking: bool = True
    detail: str = ""


@dataclass(frozen=True)
class RequiredTable:
    """A table of the lakehouse that a release must have, `needs_rows` when its sources do."""

    name: str  # schema.table
    needs_rows: bool = False


@dataclass(frozen=True)
class Candidate:
    path: Path
    id: str
    base: str | None
    run: str
    as_of: datetime

    def database(self, name: str) -> Path:
        return self.path / f"{name}.duckdb"


@dataclass(frozen=True)
class Release:
    path: Path
    manifest: Mapping[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        return self.path.name

    def database(self, name: str) -> Path:
        return self.path / f"{name}.duckdb"


def open_candidate(writer: Writer, *, run: str, as_of: datetime, now: datetime) -> Candidate:
    """Start a release from a copy of the current one, or from nothing.

    `as_of` is the time the release speaks of, `now` the wall clock's, for its name. Under the lock
    every other candidate is dead: they go, but for the newest that a check refused.
    """
    serving = writer.serving
    clean_up(writer)
    release_id = _free_id(serving, now)
    path = serving / "candidates" / release_id
    path.mkdir(parents=True)
    base = current(serving)
    candidate = Candidate(
        path=path, id=release_id, base=base.id if base else None, run=run, as_of=as_of
    )
    for name in DATABASES:
        if base and base.database(name).exists():
            copy_file(base.database(name), candidate.database(name))
    state = {"id": release_id, "base": candidate.base, "run": run, "as_of": as_of.isoformat()}
    (path / STATE).write_text(json.dumps(state), encoding="utf-8")
    return candidate


def find_candidate(serving: Path, *, run: str) -> Candidate:
    """The candidate that this run opened; raises ReleaseError when it opened none."""
    for state_file in sorted((serving / "candidates").glob(f"*/{STATE}"), reverse=True):
        state = json.loads(state_file.read_text(encoding="utf-8"))
        if state["run"] == run:
            return Candidate(
                path=state_file.parent,
                id=state["id"],
                base=state["base"],
                run=state["run"],
                as_of=datetime.fromisoformat(state["as_of"]),
            )
    raise ReleaseError(
        "this run opened no release candidate: select release/candidate as well, or run one of the "
        "jobs hourly and nightly, which hold everything from source to release"
    )


def record_checks(candidate: Candidate, records: Iterable[CheckRecord]) -> None:
    """Write down what checks said; `publish` reads it."""
    with (candidate.path / CHECKS).open("a", encoding="utf-8") as stream:
        for record in records:
            stream.write(json.dumps(asdict(record)) + "\n")


def base_release(serving: Path, candidate: Candidate) -> Release | None:
    """The release that the candidate is a copy of; None for the first one."""
    return _read(serving / "releases" / candidate.base) if candidate.base else None


def recorded_checks(path: Path) -> tuple[CheckRecord, ...]:
    """The last record of each check of the candidate or release in this directory."""
    file = path / CHECKS
    if not file.exists():
        return ()
    last: dict[tuple[str, str], CheckRecord] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        record = CheckRecord(**json.loads(line))
        last[(record.suite, record.name)] = record
    return tuple(last.values())


def publish(
    writer: Writer,
    candidate: Candidate,
    *,
    required: Sequence[RequiredTable],
    suites: Sequence[str],
    facts: Mapping[str, Any],
    now: datetime,
) -> Release:
    """Verify the candidate and serve it; else raise PublishRefusedError and change nothing.

    `suites` must each have recorded at least one check; `facts` go into the manifest as they are.
    """
    serving = writer.serving
    served = current(serving)
    checks = recorded_checks(candidate.path)
    reasons = _failed_checks(checks, suites)
    if candidate.base != (served.id if served else None):
        reasons.append(f"it starts from {candidate.base}, but {served and served.id} is served now")
    if not reasons:
        reasons, row_counts = _verify_files(candidate, required)
    if reasons:
        refusal = CheckRecord("publish", "release holds", passed=False, detail="; ".join(reasons))
        record_checks(candidate, [refusal])
        raise PublishRefusedError(candidate.id, reasons)
    manifest = {
        "release": candidate.id,
        "base": candidate.base,
        "run": candidate.run,
        "published_at": now.isoformat(),
        "as_of": candidate.as_of.isoformat(),
        "checks": {
            "passed": sum(check.passed for check in checks),
            "failed": sum(not check.passed for check in checks),
            "failures": [asdict(check) for check in checks if not check.passed],
        },
        "row_counts": row_counts,
        "bytes": {name: candidate.database(name).stat().st_size for name in DATABASES},
        **facts,
    }
    _seal(candidate, manifest)
    path = serving / "releases" / candidate.id
    path.parent.mkdir(exist_ok=True)
    candidate.path.rename(path)
    _switch(serving, candidate.id)
    _remember(serving, action="publish", release_id=candidate.id, at=now)
    return Release(path, manifest)


def current(serving: Path) -> Release | None:
    """The served release, by its real directory, or None before the first."""
    link = serving / "current"
    if not link.is_symlink():
        return None
    path = link.resolve()
    if not (path / MANIFEST).is_file():
        raise ReleaseError(
            f"{link} points to {path}, which is no release; "
            f"`revlake rollback RELEASE` mends it, served before: {', '.join(_ids(serving))}"
        )
    return _read(path)


def releases(serving: Path) -> tuple[Release, ...]:
    """All releases that are kept, oldest first."""
    return tuple(_read(serving / "releases" / release_id) for release_id in _ids(serving))


def rollback(writer: Writer, *, target: str | None, now: datetime) -> Release:
    """Serve an earlier release: `target`, else the one that the current one was built from."""
    serving = writer.serving
    known = _ids(serving)
    if target is None:
        served = current(serving)
        target = served.manifest["base"] if served else None
        if target is None:
            raise ReleaseError(f"nothing to roll back to: there is no release before {served}")
    if target not in known:
        raise ReleaseError(f"no release {target} is kept; kept: {', '.join(known) or 'none'}")
    release = _read(serving / "releases" / target)
    missing = [name for name in DATABASES if not release.database(name).is_file()]
    if missing:
        raise ReleaseError(f"release {target} lacks {', '.join(missing)}; choose another")
    _switch(serving, target)
    _remember(serving, action="rollback", release_id=target, at=now)
    return release


def prune(writer: Writer, *, keep: int) -> tuple[str, ...]:
    """Delete old releases but the newest `keep`; never the current one nor the one before it."""
    serving = writer.serving
    served = current(serving)
    spared = set(_ids(serving)[-max(keep, 2) :])
    if served:
        spared |= {served.id, str(served.manifest["base"])}
    spared |= set(_last_served(serving, 2))
    gone = tuple(release_id for release_id in _ids(serving) if release_id not in spared)
    for release_id in gone:
        _discard(serving, serving / "releases" / release_id)
    return gone


def clean_up(writer: Writer) -> tuple[str, ...]:
    """Remove what killed runs left: candidates, half-deleted releases, releases never served.

    The newest candidate that a check refused stays, for looking into.
    """
    serving = writer.serving
    folder = serving / "candidates"
    folder.mkdir(parents=True, exist_ok=True)
    served = current(serving)
    last = _last_served(serving, 1)
    if served and served.id not in last:
        # The process died between the switch and writing it down.
        _remember(serving, action="publish", release_id=served.id, at=datetime.now(UTC))
    ever_served = set(_last_served(serving, None))
    for release_id in _ids(serving):
        if release_id not in ever_served:
            _discard(serving, serving / "releases" / release_id)
    left = sorted((path for path in folder.iterdir()), key=lambda path: path.name)
    refused = [path for path in left if _was_refused(path)]
    gone = [path for path in left if path not in refused[-1:]]
    for path in gone:
        shutil.rmtree(path)
    for leftover in serving.glob(".current-*"):
        leftover.unlink()
    return tuple(path.name for path in gone if not path.name.startswith(TRASH_PREFIX))


def rewrite(candidate: Candidate, *, name: str, extension: Path | None = None) -> tuple[int, int]:
    """Copy a database of the candidate into a fresh file, without the holes that deletes left.

    `extension` is loaded first, for views over Delta tables. Returns bytes before and after.
    """
    database = candidate.database(name)
    fresh = candidate.path / f"{name}.rewritten"
    fresh.unlink(missing_ok=True)
    before = database.stat().st_size
    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": False}) as session:
        if extension:
            session.execute(f"load '{extension}'")
        for other in DATABASES:
            session.execute(f"attach '{candidate.database(other)}' as {other} (read_only)")
        session.execute(f"attach '{fresh}' as fresh")
        session.execute(f"copy from database {name} to fresh")
        session.execute("checkpoint fresh")
        for catalog in ("fresh", *DATABASES):
            session.execute(f"detach {catalog}")
    fresh.replace(database)
    return before, database.stat().st_size


def _failed_checks(checks: Iterable[CheckRecord], suites: Iterable[str]) -> list[str]:
    checks = tuple(checks)
    reasons = [
        f"no check of suite {suite} was recorded"
        for suite in suites
        if not any(check.suite == suite for check in checks)
    ]
    reasons += [
        f"blocking check failed: {check.suite}: {check.name}"
        + (f" ({check.detail})" * bool(check.detail))
        for check in checks
        if check.blocking and not check.passed
    ]
    return reasons


def _verify_files(
    candidate: Candidate, required: Sequence[RequiredTable]
) -> tuple[list[str], dict[str, int]]:
    """Settle both files on disk, then look at them as a reader would."""
    for name in DATABASES:
        file = candidate.database(name)
        if not file.is_file():
            return [f"{file.name} is missing"], {}
        try:
            with duckdb.connect(str(file)) as session:
                session.execute("force checkpoint")
        except duckdb.Error as error:
            return [f"{file.name} cannot be opened and settled: {error}"], {}
        if file.with_suffix(".duckdb.wal").exists():
            return [f"{file.name} still has a write-ahead log"], {}
    with duckdb.connect(str(candidate.database("lakehouse")), read_only=True) as session:
        tables = session.execute(
            "select schema_name, table_name from duckdb_tables() where not internal order by all"
        ).fetchall()
        row_counts = {
            f"{schema}.{table}": _count(session, schema, table) for schema, table in tables
        }
    reasons = [
        f"table {table.name} is missing"
        if table.name not in row_counts
        else f"table {table.name} is empty although its sources are not"
        for table in required
        if table.name not in row_counts or (table.needs_rows and not row_counts[table.name])
    ]
    return reasons, row_counts


def _count(session: duckdb.DuckDBPyConnection, schema: str, table: str) -> int:
    row = session.execute(f'select count(*) from "{schema}"."{table}"').fetchone()
    return int(row[0]) if row else 0


def _seal(candidate: Candidate, manifest: Mapping[str, Any]) -> None:
    """Write the manifest, take the write permission, and bring all of it to the disk."""
    file = candidate.path / MANIFEST
    file.write_text(json.dumps(manifest, indent=2, default=str) + "\n", encoding="utf-8")
    for path in (file, *(candidate.database(name) for name in DATABASES)):
        path.chmod(0o444)
        _sync(path)
    _sync(candidate.path)


def _switch(serving: Path, release_id: str) -> None:
    """Point `current` at a release: one rename, so a reader sees the old one or the new one."""
    temporary = serving / f".current-{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(Path("releases") / release_id, target_is_directory=True)
    temporary.replace(serving / "current")
    _sync(serving)


def _remember(serving: Path, *, action: str, release_id: str, at: datetime) -> None:
    entry = {"at": at.isoformat(), "action": action, "release": release_id}
    line = json.dumps(entry, separators=(",", ":"))
    # A newline before as well: a line that a dying writer left half written stays alone.
    with (serving / HISTORY).open("a", encoding="utf-8") as stream:
        stream.write(f"\n{line}\n")


def _last_served(serving: Path, count: int | None) -> tuple[str, ...]:
    """The ids that were served last, newest first, each once; all of them when count is None."""
    file = serving / HISTORY
    if not file.exists():
        return ()
    served: dict[str, None] = {}
    for line in reversed(file.read_text(encoding="utf-8").split()):
        try:
            served.setdefault(json.loads(line)["release"])
        except json.JSONDecodeError:
            continue  # the writer died while it wrote this line; `clean_up` adds what is missing
    return tuple(served)[:count]


def _ids(serving: Path) -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in (serving / "releases").glob(f"*/{MANIFEST}")))


def _read(path: Path) -> Release:
    return Release(path, json.loads((path / MANIFEST).read_text(encoding="utf-8")))


def _was_refused(path: Path) -> bool:
    if path.name.startswith(TRASH_PREFIX) or not (path / STATE).is_file():
        return False
    try:
        checks = recorded_checks(path)
    except json.JSONDecodeError:
        return False  # killed while it wrote a check down
    return any(check.blocking and not check.passed for check in checks)


def _free_id(serving: Path, now: datetime) -> str:
    stem = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    release_id, number = stem, 1
    while any((serving / room / release_id).exists() for room in ("candidates", "releases")):
        release_id, number = f"{stem}-{number}", number + 1
    return release_id


def _discard(serving: Path, path: Path) -> None:
    """Delete a release; the rename first, so that a half-deleted one is never taken for a whole."""
    trash = serving / "candidates" / f"{TRASH_PREFIX}{path.name}"
    trash.parent.mkdir(exist_ok=True)
    path.rename(trash)
    shutil.rmtree(trash)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""dbt: everything from staging to features, then, after the models have spoken, the scores."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, AssetSpec
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets
from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context
from dagster_dbt.core.dbt_cli_invocation import DbtCliInvocation
from packaging.version import Version

from orchestration import keys
from orchestration.assets.ingest import IMPORTED_SOURCE, make_tables
from orchestration.dbt_manifest import (
    DBT_PROJECT,
    dbt_command,
    dbt_environment,
)
from orchestration.jobs import HOURLY, JOBS
from orchestration.raw_tables import raw_tables
from orchestration.release import (
    Candidate,
    CheckRecord,
    Release,
    base_release,
    find_candidate,
    record_checks,
    recorded_checks,
)
from orchestration.resources import WRITER, WRITER_POOL
from orchestration.settings import Settings
from orchestration.sources import used_up
from orchestration.unchanged import Selection, selection, tables_with_news

# By name and not by path: dagster-dbt would look for the path from where the process runs.
SCORES_LAYER = "scores"
SCORES = f"fqn:revlake.{SCORES_LAYER}"
SUITES = ("dbt_core", "dbt_scores")
KEPT_RUNS = 6


class RevlakeTranslator(DagsterDbtTranslator):
    """dbt's nodes under the keys and groups of orchestration.keys."""

    def __init__(self) -> None:
        super().__init__(
            settings=DagsterDbtTranslatorSettings(
                enable_source_tests_as_checks=False,
                # One scoring writes two tables: the ledger, and the newest scores.
                enable_duplicate_source_asset_keys=True,
            )
        )

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        return keys.dbt(dbt_resource_props)

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        if unique_id.startswith("source."):
            return spec
        return spec.replace_attributes(
            group_name=keys.group(spec.key), deps=[*spec.deps, keys.CANDIDATE]
        )


def transform_assets(settings: Settings, parsed: Path) -> list[AssetsDefinition]:
    """The two dbt steps over one manifest; `parsed` is the directory that holds it."""
    manifest = json.loads((parsed / "manifest.json").read_text(encoding="utf-8"))
    return [
        _dbt_step(settings, parsed, manifest, name="dbt_core", select="fqn:*", exclude=SCORES),
        _dbt_step(settings, parsed, manifest, name="dbt_scores", select=SCORES, exclude=""),
    ]


def _dbt_step(
    settings: Settings,
    parsed: Path,
    manifest: Mapping[str, Any],
    *,
    name: str,
    select: str,
    exclude: str,
) -> AssetsDefinition:
    translator = RevlakeTranslator()

    @dbt_assets(
        manifest=manifest,
        name=name,
        select=select,
        exclude=exclude,
        dagster_dbt_translator=translator,
        required_resource_keys={WRITER},
        pool=WRITER_POOL,
    )
    def build(context: AssetExecutionContext) -> Iterator[Any]:
        candidate = find_candidate(settings.paths.serving, run=context.run_id)
        target = settings.paths.dbt / "runs" / f"{candidate.id}-{name}"
        if IMPORTED_SOURCE in settings.sources_on():
            # No step lands files: an import made by an earlier version may lack tables.
            make_tables(settings, IMPORTED_SOURCE)
        base = base_release(settings.paths.serving, candidate)
        chosen: Selection | None = None
        if exclude and base and context.job_name == HOURLY and _is_whole(base, parsed):
            raw = raw_tables(settings.paths.lake, settings.sources_on())
            news = tables_with_news(raw, base)
            chosen = selection(manifest, news=news, without=SCORES_LAYER)
            context.log.info(f"raw tables with news: {', '.join(sorted(news)) or 'none'}")
        anew = base is not None and not _is_of_project(base, parsed)
        if anew:
            context.log.info("the project or its settings changed: everything is built anew")
        invocation = _start_dbt(
            context, settings, candidate, parsed, target, manifest, translator, chosen, anew=anew
        )
        try:
            yield from invocation.stream()
        finally:
            records = check_records(name, target, invocation.process.poll())
            if base and chosen:
                records += _still_holding(base, name, chosen)
            record_checks(candidate, records)
            _forget_old(settings.paths.dbt / "runs")

    return build


def _is_whole(release: Release, parsed: Path) -> bool:
    """Whether a whole run of this very project made the release, so that nothing in it is older."""
    return release.manifest.get("job") in JOBS and _is_of_project(release, parsed)


def _is_of_project(release: Release, parsed: Path) -> bool:
    """Whether the release's tables have this project's columns, currency, time zone and sources."""
    return release.manifest.get("dbt_project") == parsed.name


def _still_holding(base: Release, suite: str, chosen: Selection) -> list[CheckRecord]:
    """What the release before recorded of the tests whose tables are as they were."""
    names = {_check_name(test) for test in chosen.still_hold}
    return [
        record
        for record in recorded_checks(base.path)
        if record.suite == suite and record.name in names
    ]


def _check_name(unique_id: str) -> str:
    return unique_id.split(".", 2)[-1]


def _start_dbt(
    context: AssetExecutionContext,
    settings: Settings,
    candidate: Candidate,
    parsed: Path,
    target: Path,
    manifest: Mapping[str, Any],
    translator: DagsterDbtTranslator,
    chosen: Selection | None,
    *,
    anew: bool,
) -> DbtCliInvocation:
    """dbt in a process of its own, told everything by its environment.

    `anew`: tables that grow by increments are made again from the raw log, for their rows are those
    of another project.

    DbtCliResource would first start dbt once more, to ask for its version, and load its adapter.
    """
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(parsed / "partial_parse.msgpack", target / "partial_parse.msgpack")
    params = get_updated_cli_invocation_params_for_context(
        context=context, manifest=manifest, dagster_dbt_translator=translator
    )
    environment = {
        **os.environ,
        **dbt_environment(settings),
        "REVLAKE_RELEASE_DIR": str(candidate.path),
        "REVLAKE_RELEASE_ID": candidate.id,
        "REVLAKE_AS_OF": candidate.as_of.isoformat(),
        "REVLAKE_WAITING": json.dumps(
            {name: waiting["until"] for name, waiting in used_up(settings).items()}
        ),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
        "DBT_LOG_FORMAT": "json",
        # A file would say again what the run's output says.
        "DBT_LOG_LEVEL_FILE": "none",
        # They test code and not data: the test suite runs them.
        "DBT_EXCLUDE_RESOURCE_TYPES": "unit_test",
        "PYTHONUNBUFFERED": "1",
    }
    if chosen:
        selected = ["--select", *chosen.build]
        environment["DBT_INDIRECT_SELECTION"] = "empty"
    else:
        selected = list(params.selection_args)
        if params.indirect_selection:
            environment["DBT_INDIRECT_SELECTION"] = params.indirect_selection
    if anew:
        selected.append("--full-refresh")
    return DbtCliInvocation.run(
        args=dbt_command("build", *selected),
        env=environment,
        manifest=params.manifest,
        dagster_dbt_translator=params.dagster_dbt_translator,
        project_dir=DBT_PROJECT,
        target_path=target,
        raise_on_error=True,
        context=context,
        adapter=None,
        cli_version=Version(metadata.version("dbt-core")),
    )


def check_records(suite: str, target: Path, exit_code: int | None) -> list[CheckRecord]:
    """What dbt's run results say for the release: tests, models that failed, and how it ended."""
    records = [
        CheckRecord(
            suite, "dbt build ended well", passed=exit_code == 0, detail=f"exit code {exit_code}"
        )
    ]
    file = target / "run_results.json"
    if not file.exists():
        return records
    for result in json.loads(file.read_text(encoding="utf-8"))["results"]:
        kind, status = result["unique_id"].split(".", 1)[0], result["status"]
        is_test = kind == "test"
        if not is_test and status != "error":
            continue
        records.append(
            CheckRecord(
                suite,
                _check_name(result["unique_id"]),
                passed=status in ("pass", "success"),
                blocking=status not in ("pass", "success", "warn"),
                detail=str(result.get("message") or "")
                if status not in ("pass", "success")
                else "",
            )
        )
    return records


def _forget_old(runs: Path) -> None:
    for path in sorted(runs.iterdir(), key=lambda path: path.stat().st_mtime)[:-KEPT_RUNS]:
        shutil.rmtree(path, ignore_errors=True)

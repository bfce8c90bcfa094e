"""The two jobs, by selection: what is tagged nightly runs at night alone, all else hourly, too."""

from dagster import AssetSelection, define_asset_job, in_process_executor
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration.resources import WRITER_TAGS

HOURLY = "hourly"
NIGHTLY = "nightly"
JOBS = (HOURLY, NIGHTLY)
# A run that lost its worker starts from the beginning: its release candidate died with it.
WHOLE_AGAIN = {"dagster/retry_strategy": "ALL_STEPS"}
PRIORITY = {HOURLY: "0", NIGHTLY: "10"}


def refresh_jobs() -> list[UnresolvedAssetJobDefinition]:
    everything = AssetSelection.all().materializable()
    return [
        _job(
            HOURLY,
            everything - AssetSelection.tag("cadence", "nightly"),
            "What changed, from the vendors into the served release.",
        ),
        _job(
            NIGHTLY,
            everything,
            "As hourly; models are trained, the release is rewritten, dashboards are deployed.",
        ),
    ]


def _job(name: str, selection: AssetSelection, description: str) -> UnresolvedAssetJobDefinition:
    return define_asset_job(
        name,
        selection=selection,
        description=description,
        executor_def=in_process_executor,
        tags={**WRITER_TAGS, **WHOLE_AGAIN, "dagster/priority": PRIORITY[name]},
    )

"""`dashboards/<slug>`: the dashboards of the repository, deployed to Superset and tried out."""

import time
from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)

from orchestration import keys
from orchestration.assets.publish import NIGHTLY
from orchestration.dashboards import deploy_dashboards, slugs
from orchestration.services import is_up
from orchestration.settings import Settings

CHARTS_ANSWER = "charts_answer"


def semantic_assets(settings: Settings) -> list[AssetsDefinition]:
    """One step for all dashboards; without Superset it only says so: the data is served anyway."""
    named = {slug: keys.dashboard(slug) for slug in slugs()}

    @multi_asset(
        name="deploy_dashboards",
        specs=[
            AssetSpec(
                key,
                deps=[keys.PUBLISHED],
                group_name=keys.group(key),
                description=f"The dashboard {slug} in Superset.",
                kinds={"superset"},
                tags=NIGHTLY,
            )
            for slug, key in named.items()
        ],
        check_specs=[
            AssetCheckSpec(
                CHARTS_ANSWER, asset=key, description="Every chart of it answers on this release."
            )
            for key in named.values()
        ],
    )
    def deploy(
        context: AssetExecutionContext,
    ) -> Iterator[MaterializeResult[Any] | AssetCheckResult]:
        if not is_up(settings, "superset"):
            note = f"Superset does not answer at {settings.url('superset')}: not deployed"
            context.log.warning(note)
            for key in named.values():
                yield MaterializeResult(key, metadata={"deployed": False, "note": note})
                yield AssetCheckResult(
                    asset_key=key,
                    check_name=CHARTS_ANSWER,
                    passed=False,
                    severity=AssetCheckSeverity.WARN,
                    metadata={"note": note},
                )
            return
        began = time.monotonic()
        deployment = deploy_dashboards(settings)
        seconds = round(time.monotonic() - began, 1)
        for slug, key in named.items():
            charts = deployment.dashboards[slug]
            address = f"{settings.url('superset')}/superset/dashboard/{slug}/"
            yield MaterializeResult(
                key,
                metadata={
                    "deployed": True,
                    **charts,
                    "seconds": seconds,
                    "url": MetadataValue.url(address),
                },
            )
            mine = [text for text in deployment.problems if text.startswith(f"{slug}: ")]
            yield AssetCheckResult(
                asset_key=key,
                check_name=CHARTS_ANSWER,
                passed=not charts["failed"],
                severity=AssetCheckSeverity.ERROR,
                metadata={"charts": charts["charts"], "error": "\n".join(mine)},
            )

    return [deploy]

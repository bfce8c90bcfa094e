"""The code location: composition only. The code server loads `-m orchestration.definitions`."""

from dagster import AssetKey, AssetsDefinition, AssetSpec, Definitions, definitions

from orchestration.assets.ingest import ingest_assets
from orchestration.assets.maintenance import maintenance_assets
from orchestration.assets.ml import ml_assets
from orchestration.assets.publish import candidate_asset, published_asset, rewritten_asset
from orchestration.assets.semantic import semantic_assets
from orchestration.assets.transform import transform_assets
from orchestration.dbt_manifest import parsed_directory
from orchestration.garbage import collect_seldom
from orchestration.jobs import refresh_jobs
from orchestration.resources import resources
from orchestration.schedules import refresh_schedules
from orchestration.sensors import failure_sensors
from orchestration.settings import Settings, load_settings
from orchestration.unchanged import FOLLOWING_LAYERS


def build(settings: Settings) -> Definitions:
    """Everything from source to dashboard for these settings. Needs no secret and no network."""
    raw = ingest_assets(settings)
    parsed = parsed_directory(settings)
    dbt = transform_assets(settings, parsed)
    built = [key for step in dbt for key in step.keys if key.path[0] not in FOLLOWING_LAYERS]
    return Definitions(
        assets=[
            *raw,
            candidate_asset(settings, _keys(raw)),
            *dbt,
            *ml_assets(settings),
            rewritten_asset(settings, built),
            published_asset(settings, built, dbt_project=parsed.name),
            *semantic_assets(settings),
            *maintenance_assets(settings),
        ],
        jobs=refresh_jobs(),
        schedules=refresh_schedules(settings),
        sensors=failure_sensors(settings),
        resources=resources(settings),
    )


@definitions
def defs() -> Definitions:
    collect_seldom()
    return build(load_settings())


def _keys(assets: list[AssetsDefinition | AssetSpec]) -> list[AssetKey]:
    found: list[AssetKey] = []
    for item in assets:
        found += [item.key] if isinstance(item, AssetSpec) else list(item.keys)
    return found

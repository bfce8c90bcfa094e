"""What a run holds while it works: the writer's lock, and the clock its data speaks of."""

from collections.abc import Iterator
from contextlib import contextmanager

from dagster import InitResourceContext, ResourceDefinition, resource

from orchestration.settings import Settings
from orchestration.writer_lock import Writer, writing

WRITER = "writer"
# Asset keys and tags of the one writer, as dagster.yaml limits them.
WRITER_POOL = "duckdb_writer"
WRITER_TAGS = {"lake": "writer"}
# A run from the command line may just be ending when a scheduled one begins.
WAIT_SECONDS = 20.0


def resources(settings: Settings) -> dict[str, ResourceDefinition]:
    return {WRITER: writer_resource(settings)}


def writer_resource(settings: Settings) -> ResourceDefinition:
    """The writer's lock, held from a run's first writing step to its end, however it ends."""

    @resource(description="The file lock that makes this run the only writer of releases.")
    @contextmanager
    def writer(context: InitResourceContext) -> Iterator[Writer]:
        run = context.run
        what = f"run {run.run_id} of job {run.job_name}" if run else "a run"
        with writing(settings.paths.serving, what=what, wait_seconds=WAIT_SECONDS) as held:
            yield held

    definition: ResourceDefinition = writer
    return definition

"""The raw zone as dlt's destination: dlt's own for folders and buckets, without its idle second."""

from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.destination.client import (
    HasFollowupJobs,
    LoadJob,
    PreparedTableSchema,
    RunnableLoadJob,
)
from dlt.common.normalizers.naming import NamingConvention
from dlt.destinations import filesystem
from dlt.destinations.impl.filesystem.configuration import FilesystemDestinationClientConfiguration
from dlt.destinations.impl.filesystem.filesystem import FilesystemClient
from dlt.destinations.job_impl import FinalizedLoadJobWithFollowupJobs


class FileReady(RunnableLoadJob, HasFollowupJobs):
    """A file that waits for its table's commit, which is a follow-up job.

    There is nothing to do, but a job that runs wakes dlt's loader as it ends. A job that is final
    from the start does not: the loader then looks again after a second.
    """

    def run(self) -> None:
        return None


class RawZoneClient(FilesystemClient):
    """Loads files into the Delta tables of one dataset."""

    def get_load_job_class(self, table: PreparedTableSchema, file_path: str) -> type[LoadJob]:
        found = super().get_load_job_class(table, file_path)
        return FileReady if found is FinalizedLoadJobWithFollowupJobs else found


class RawZone(filesystem):
    """`RawZone(bucket_url=…)`, a folder or bucket of Delta tables."""

    @property
    def client_class(self) -> type[FilesystemClient]:
        return RawZoneClient

    def capabilities(
        self,
        config: FilesystemDestinationClientConfiguration | None = None,
        naming: NamingConvention | None = None,
    ) -> DestinationCapabilitiesContext:
        """What the destination can do; it depends on the URL's protocol and nothing else.

        dlt asks a dozen times in a landing, and without a configuration resolves one each time.
        """
        known = config or self.spec(bucket_url=self.config_params["bucket_url"])
        return super().capabilities(known, naming)

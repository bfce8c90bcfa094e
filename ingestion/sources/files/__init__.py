"""Files: exports of a CRM that is not connected, brought in by `import_directory` and a mapping.

There is no vendor to ask: a scheduled landing brings nothing, it only sees to it that every table
exists, so that what reads them can be built before the first import.
"""

from collections.abc import Callable
from datetime import datetime

from ingestion.feed import Feed
from ingestion.http import Patience
from ingestion.sources.files.settings import ENTITIES, Connection


def build_source(
    connection: Connection, *, clock: Callable[[], datetime], patience: Patience
) -> tuple[Feed, ...]:
    """A feed without rows for each entity."""
    return tuple(Feed(entity=each, read=lambda since: ()) for each in ENTITIES)

"""The benchmark of first loads: its server gives the connector all activities, in order."""

import threading
from datetime import UTC, datetime
from functools import partial
from http.server import ThreadingHTTPServer

from pydantic import SecretStr

from ingestion.conform import conform
from ingestion.http import Patience
from ingestion.sources.salesforce import build_source
from ingestion.sources.salesforce.settings import BULK_PAGE_ROWS, Connection
from tests.benchmarks.bulk_server import Handler, pages_of

TASKS = BULK_PAGE_ROWS + 6_000
NOW = datetime(2026, 11, 2, tzinfo=UTC)


def test_connector_reads_all_pages_of_the_benchmark() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, pages_of(TASKS * 10 // 7)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        connection = Connection(
            base_url=f"http://127.0.0.1:{server.server_address[1]}",
            client_id="benchmark",
            client_secret=SecretStr("benchmark"),
        )
        feeds = build_source(connection, clock=lambda: NOW, patience=Patience())
        tasks = next(feed for feed in feeds if feed.entity.name == "tasks")
        pages = [conform(tasks.entity, page, loaded_at=NOW) for page in tasks.read(None)]
    finally:
        server.shutdown()
        server.server_close()
    assert [page.table.num_rows for page in pages] == [BULK_PAGE_ROWS, 6_000]
    assert not any(page.rejects.num_rows for page in pages)
    assert [page.table.column("id")[0].as_py()[-6:] for page in pages] == ["000000", "050000"]

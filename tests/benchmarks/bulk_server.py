"""A Salesforce that only hands out Bulk 2.0 pages made beforehand, so that its own work is not what
is measured. It has activities and nothing else.

`python -m tests.benchmarks.bulk_server ROWS` tells its address when the pages are there.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

from ingestion.sources.salesforce.settings import (
    API,
    BULK_PAGE_ROWS,
    SOBJECTS,
    TOKEN_PATH,
    VERSION_FIELDS,
)
from tests.benchmarks.activities import EVENT, TASK, TASKS_OF_TEN, activities, spread
from tests.benchmarks.measuring import PROJECT

HISTORY = ("2023-11-01", "2026-11-01")
JOBS = f"{API}/jobs/query"
FIELDS = {sobject.name: [*sobject.fields.values(), VERSION_FIELDS[0]] for sobject in SOBJECTS}

Pages = Mapping[str, list[tuple[int, bytes]]]
"""CSV by the object's name, page by page, each with its number of rows."""


@contextmanager
def served(rows: int) -> Iterator[str]:
    """The address of a server, in a process of its own, with so many activities."""
    command = [sys.executable, "-m", "tests.benchmarks.bulk_server", str(rows)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        try:
            if not address:
                raise RuntimeError(f"{' '.join(command)} ended before it served")
            yield address
        finally:
            process.terminate()


def pages_of(rows: int) -> Pages:
    """Seven tenths tasks, the rest events, in the order of their ids."""
    tasks = rows * TASKS_OF_TEN // 10
    made = {}
    for sobject, count in ((TASK, tasks), (EVENT, rows - tasks)):
        times = spread(count, *HISTORY)
        records = activities(sobject, np.arange(count), times, deleted=np.zeros(count, bool))
        made[sobject.name] = [
            (page.height, page.write_csv().encode()) for page in records.iter_slices(BULK_PAGE_ROWS)
        ]
    return made


class Handler(BaseHTTPRequestHandler):
    """Answers what the connector asks for a first load; a job's id is its object's name, a locator
    the number of the page that follows."""

    protocol_version = "HTTP/1.1"

    def __init__(self, pages: Pages, *arguments: Any) -> None:
        self.pages = pages
        super().__init__(*arguments)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == TOKEN_PATH:
            self._json({"access_token": "00D-benchmark", "token_type": "Bearer"})
        elif self.path == f"{API}/composite":
            orders = json.loads(body)["compositeRequest"]
            self._json({"compositeResponse": [_described(each) for each in orders]})
        else:
            self._json({"id": _object_of(json.loads(body)["query"]), "state": "UploadComplete"})

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == f"{API}/queryAll":
            there = self.pages.get(_object_of(asked["q"]), [])
            total = sum(count for count, _ in there)
            self._json({"totalSize": total, "done": True, "records": []})
        elif url.path.endswith("/results"):
            self._page(url.path.split("/")[-2], int(asked.get("locator", 0)))
        else:
            self._json({"state": "JobComplete"})

    def log_message(self, format: str, *args: Any) -> None:
        """Not a word a call."""

    def _page(self, name: str, number: int) -> None:
        count, body = self.pages[name][number]
        follows = str(number + 1) if number + 1 < len(self.pages[name]) else "null"
        self._answer(
            "text/csv", body, {"Sforce-Locator": follows, "Sforce-NumberOfRecords": str(count)}
        )

    def _json(self, answer: Mapping[str, Any]) -> None:
        self._answer("application/json", json.dumps(answer).encode(), {})

    def _answer(self, kind: str, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(200)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _described(order: Mapping[str, str]) -> dict[str, Any]:
    """The answer to one of several descriptions that are asked for in one call."""
    fields = [{"name": name} for name in FIELDS[order["referenceId"]]]
    return {
        "referenceId": order["referenceId"],
        "httpStatusCode": 200,
        "body": {"fields": fields},
    }


def _object_of(soql: str) -> str:
    return soql.split(" FROM ")[1].split()[0]


def main(rows: str) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, pages_of(int(rows))))
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The source to copy works as it stands, against a server that answers as its comments say."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import SecretStr

from ingestion.entity import DELETED
from ingestion.http import Patience
from ingestion.landing import LandingReport, land_feeds
from ingestion.sources._template import build_source
from ingestion.sources._template.settings import Connection
from tests.unit.scripted_server import Asked, Reply, ScriptedServer, scripted_server

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)


def deal(number: int, updated_at: str, **values: Any) -> dict[str, Any]:
    return {"id": number, "title": f"Deal {number}", "updatedAt": updated_at, **values}


def answer(asked: Asked) -> Reply:
    if asked.path == "/v2/owners":
        return Reply(200, {"data": [{"id": "7", "name": "Ada", "active": True}]})
    if "cursor" in asked.query:
        return Reply(200, {"data": [deal(2, "2026-11-18T09:00:00Z", value=10)]})
    first = deal(1, "2026-11-18T08:00:00Z", deletedAt="2026-11-18T09:30:00Z")
    return Reply(200, {"data": [first], "next_cursor": "page-2"})


def land_acme(server: ScriptedServer, root: Path) -> LandingReport:
    connection = Connection(base_url=server.url, api_token=SecretStr("acme-token"))
    return land_feeds(
        "acme",
        lambda: build_source(connection, clock=lambda: NOW, patience=Patience()),
        lake_url=str(root / "lake"),
        state_dir=root / "state",
        clock=lambda: NOW,
    )


def test_template_lands_all_pages_then_only_asks_for_changes(tmp_path: Path) -> None:
    with scripted_server() as server:
        server.otherwise = answer
        first = land_acme(server, tmp_path)
        second = land_acme(server, tmp_path)
        asked = [request.query.get("updated_since") for request in server.asked]
    assert (first.tables["deals"].rows, first.tables["deals"].tombstones) == (1, 1)
    assert first.tables["owners"].rows == 1
    assert second.load_id is None
    overlapped = (NOW - timedelta(minutes=40)).isoformat()
    assert {since for since in asked if since} == {overlapped}
    deals = pl.read_delta(str(tmp_path / "lake/raw/acme/deals")).sort("id")
    assert deals["id"].to_list() == ["1", "2"]
    assert deals[DELETED].to_list() == [True, False]

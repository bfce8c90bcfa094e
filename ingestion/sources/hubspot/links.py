"""Associations of HubSpot's records: the batch route of API v4, and which of several counts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ingestion.http import VendorClient, field_of
from ingestion.sources.hubspot.settings import ASSOCIATION_ROWS

Link = dict[str, Any]


def associations(
    client: VendorClient, source: str, target: str, ids: Sequence[str]
) -> Iterator[tuple[str, list[Link]]]:
    """Record ids with what is associated with them, as the vendor says it.

    A call asks for up to 1,000 records; one with very many associations comes in several parts.
    """
    path = f"/crm/v4/associations/{source}/{target}/batch/read"
    for start in range(0, len(ids), ASSOCIATION_ROWS):
        inputs = [{"id": record_id} for record_id in ids[start : start + ASSOCIATION_ROWS]]
        while inputs:
            answer = client.post_json(path, {"inputs": inputs})
            inputs = []
            for result in field_of(answer, "results", f"hubspot: {path}"):
                from_id = str(result["from"]["id"])
                yield from_id, result["to"]
                if after := following(result):
                    inputs.append({"id": from_id, "after": after})


def following(answer: Any) -> str | None:
    """Where an answer goes on, None at its end."""
    after = ((answer.get("paging") or {}).get("next") or {}).get("after")
    return str(after) if after else None


def is_primary(link: Link) -> bool:
    """Whether a link of API v4 is the record's primary one."""
    return any(label.lower().startswith("primary") for label in labels(link))


def labels(link: Link) -> list[str]:
    """Labels of a link, HubSpot's and the account's; the link that all have is without one."""
    return sorted(
        str(kind["label"]) for kind in link.get("associationTypes", ()) if kind.get("label")
    )


def first_of(links: Iterable[Link]) -> str | None:
    """The associated id that counts: the primary one, else the one that is longest there.

    Lists (v3) and batches (v4) name their links differently and promise no order.
    """
    ranked = (
        (not is_primary(link), int(link["toObjectId"]))
        if "toObjectId" in link
        else (str(link.get("type")).endswith("_unlabeled"), int(link["id"]))
        for link in links
    )
    first = min(ranked, default=None)
    return None if first is None else str(first[1])

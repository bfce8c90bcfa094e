"""Whether mailboxes and calendars may be read at all: a tenant may keep the application out."""

from collections.abc import Callable, Iterator

from ingestion.entity import Entity, Page
from ingestion.http import RefusedError
from ingestion.sources.microsoft_graph.directory import Directory, Person
from ingestion.sources.microsoft_graph.graph import FORBIDDEN, NOT_OURS, Graph, Request
from ingestion.sources.microsoft_graph.settings import MAILBOXES_OF_A_TEST, PERMISSIONS


def first_look(
    graph: Graph, directory: Directory, entity: Entity, url: Callable[[Person], str]
) -> Iterator[Page]:
    """Asks for some people's `url`; raises RefusedError when none of them may be read."""
    people = directory.first_people()[:MAILBOXES_OF_A_TEST]
    answers = graph.many(Request(each.id, each.id, url(each)) for each in people)
    if people and all(answer.status in NOT_OURS for answer in answers.values()):
        raise nothing_readable(entity, len(people))
    yield []


def nothing_readable(entity: Entity, people: int) -> RefusedError:
    message = (
        f"microsoft_graph: {entity.name} of none of {people} people may be read; grant the "
        f"application {PERMISSIONS[entity.name]}, and let its access policy name these people"
    )
    return RefusedError(message, status=FORBIDDEN, said=message, lack="permission")

"""Messages: every folder of every mailbox by its delta link."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any
from urllib.parse import quote

from ingestion.entity import DELETED, Page, Row
from ingestion.feed import Bookmark
from ingestion.http import field_of
from ingestion.parallel import side_by_side
from ingestion.sources.microsoft_graph.access import first_look, nothing_readable
from ingestion.sources.microsoft_graph.directory import Directory, Person
from ingestion.sources.microsoft_graph.graph import (
    DELTA,
    GONE,
    NOT_OURS,
    NOT_THERE,
    OK,
    Answer,
    Graph,
    Record,
    Request,
    path,
)
from ingestion.sources.microsoft_graph.rows import message_row, tombstone
from ingestion.sources.microsoft_graph.settings import (
    FOLDER_FIELDS,
    LEFT_OUT,
    MAILBOXES_A_GROUP,
    MESSAGE_FIELDS,
    MESSAGES,
    WORKERS,
)

logger = logging.getLogger(__name__)

Folder = tuple[str, str]
"""A mailbox's id and a folder's."""

Links = dict[str, str]


@dataclass
class Found:
    """What a mailbox brought: rows, links by folder, and folders that are there no more.

    `is_whole`: everything there is, not only changes. `is_ours`: it can be read at all.
    """

    rows: list[Any] = field(default_factory=list)
    links: Links = field(default_factory=dict)
    lost_folders: list[str] = field(default_factory=list)
    is_whole: bool = False
    is_ours: bool = True


@dataclass(frozen=True)
class MessageReader:
    graph: Graph
    directory: Directory
    clock: Callable[[], datetime]

    def read(self, bookmark: Bookmark) -> Iterator[Page]:
        """News of all mailboxes; the bookmark holds the links by mailbox and folder."""
        held: dict[str, Links] = json.loads(bookmark.token or "{}")
        people = self.directory.people()
        reads = (partial(self._group, some, held) for some in _groups(people))
        found = side_by_side(reads, workers=WORKERS)
        readable = 0
        for person, news in (each for group in found for each in group):
            if not news.is_ours:
                logger.info("microsoft_graph: the mailbox of %s is not ours to read", person.email)
                continue
            readable += 1
            if bookmark.token is not None:
                if news.is_whole:
                    bookmark.restart(mailbox_id=person.id)
                for folder in news.lost_folders:
                    bookmark.restart(mailbox_id=person.id, folder_id=folder)
            held[person.id] = news.links
            yield news.rows
        if people and not readable:
            raise nothing_readable(MESSAGES, len(people))
        bookmark.token = json.dumps(held)

    def probe(self) -> Iterator[Page]:
        """Asks for the folders of some mailboxes."""
        return first_look(self.graph, self.directory, MESSAGES, lambda each: _folders_of(each.id))

    def _group(
        self, people: Sequence[Person], held: dict[str, Links]
    ) -> list[tuple[Person, Found]]:
        """Reads some mailboxes with few calls."""
        folders = self._folders(people)
        firsts = self.graph.many(
            Request((person.id, folder), person.id, self._start(person, folder, held))
            for person in people
            for folder in folders.get(person.id, {})
        )
        return [
            (person, self._mailbox(person, folders.get(person.id), held.get(person.id), firsts))
            for person in people
        ]

    def _start(self, person: Person, folder: str, held: dict[str, Links]) -> str:
        link = held.get(person.id, {}).get(folder)
        return link or path(f"{_folder(person.id, folder)}/messages/delta", select=MESSAGE_FIELDS)

    def _mailbox(
        self,
        person: Person,
        folders: dict[str, str] | None,
        held: Links | None,
        firsts: dict[Folder, Answer[Folder]],
    ) -> Found:
        """One mailbox, from the first answers of its folders on."""
        if folders is None:
            return Found(is_ours=False)
        answers = {folder: firsts[person.id, folder] for folder in folders}
        is_over = any(answer.status == GONE for answer in answers.values())
        if is_over:
            logger.info("microsoft_graph: the mailbox of %s is read anew", person.email)
            anew = self.graph.many(
                Request((person.id, folder), person.id, self._start(person, folder, {}))
                for folder in folders
            )
            answers = {folder: anew[person.id, folder] for folder in folders}
        news = Found(is_whole=held is None or is_over)
        news.lost_folders = [folder for folder in held or () if folder not in folders]
        messages: dict[str, Record] = {}
        removed: dict[str, None] = {}
        for folder, answer in answers.items():
            if answer.status == NOT_THERE:
                news.lost_folders.append(folder)
                continue
            if answer.status != OK:
                raise answer.failure(f"a folder of {person.email}")
            for page in self.graph.pages(answer.body):
                for record in field_of(page, "value", "microsoft_graph: messages"):
                    if not isinstance(record, dict) or not isinstance(record.get("id"), str):
                        news.rows.append(record)  # to be set aside
                    elif "@removed" in record:
                        removed[record["id"]] = None
                    else:
                        messages[record["id"]] = record
                news.links[folder] = page.get(DELTA, "")
        news.rows += [self._row(person, folders, message) for message in messages.values()]
        if not news.is_whole:
            left = [each for each in removed if each not in messages]
            news.rows += self._moved_or_gone(person, folders, left)
        return news

    def _moved_or_gone(
        self, person: Person, folders: dict[str, str], message_ids: list[str]
    ) -> Iterator[Row]:
        """Of messages that left a folder, what they are now: most were only moved."""
        answers = self.graph.many(
            Request(
                each,
                person.id,
                path(f"/users/{person.id}/messages/{quote(each, safe='')}", select=MESSAGE_FIELDS),
            )
            for each in message_ids
        )
        for message_id, answer in answers.items():
            if answer.status == OK and answer.body.get("parentFolderId") in folders:
                yield self._row(person, folders, answer.body)
            elif answer.status in (OK, NOT_THERE):
                yield tombstone(person.id, message_id, self.clock())
            else:
                raise answer.failure(f"a message of {person.email}")

    def _row(self, person: Person, folders: dict[str, str], message: Record) -> Row:
        row = message_row(message, person.addresses)
        row["mailbox_id"], row["mailbox_email"] = person.id, person.email
        row["folder_name"] = folders.get(row["folder_id"])
        row[DELETED] = message.get("isDraft") is True
        return row

    def _folders(self, people: Sequence[Person]) -> dict[str, dict[str, str]]:
        """Names of folders by id, by mailbox; without a mailbox that is not ours to read."""
        answers = self.graph.many(
            Request((person.id, name), person.id, url)
            for person in people
            for name, url in (
                ("", _folders_of(person.id)),
                *((each, path(_folder(person.id, each), select="id")) for each in LEFT_OUT),
            )
        )
        unwanted = {answer.body.get("id") for (_, name), answer in answers.items() if name}
        lists = {key: answer for key, answer in answers.items() if not key[1]}
        found: dict[str, dict[str, str]] = {}
        while lists:
            deeper: list[Request[Folder]] = []
            for (mailbox, _), answer in lists.items():
                if answer.status in NOT_OURS:
                    continue
                if answer.status != OK:
                    raise answer.failure(f"the list of folders of {mailbox}")
                names = found.setdefault(mailbox, {})
                for page in self.graph.pages(answer.body):
                    for each in field_of(page, "value", "microsoft_graph: folders"):
                        if each["id"] in unwanted:
                            continue
                        names[each["id"]] = each["displayName"]
                        if each.get("childFolderCount"):
                            below = f"{_folder(mailbox, each['id'])}/childFolders"
                            deeper.append(Request((mailbox, each["id"]), mailbox, _list(below)))
            lists = self.graph.many(deeper)
        return found


def _folder(mailbox: str, folder: str) -> str:
    return f"/users/{mailbox}/mailFolders/{quote(folder, safe='')}"


def _folders_of(mailbox: str) -> str:
    return _list(f"/users/{mailbox}/mailFolders")


def _list(text: str) -> str:
    return path(text, select=FOLDER_FIELDS, top="100")


def _groups(people: Sequence[Person]) -> Iterator[list[Person]]:
    rest = iter(people)
    while some := list(islice(rest, MAILBOXES_A_GROUP)):
        yield some

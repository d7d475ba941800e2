"""Trained routers on the Hugging Face hub.

A router decides what runs, and its owner may change it at any time. So the commit at which one is
first used is kept, and that one is used until `routers pull` says otherwise.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

from audiorouter.errors import UsageError
from audiorouter.machine.files import locked, make_folder, write_file
from audiorouter.machine.hub import HubError, hub_file
from audiorouter.machine.paths import config_dir
from audiorouter.machine.urls import check_variable
from audiorouter.routing.card_facts import AnyCard, card_facts, card_of_whole
from audiorouter.routing.checkpoint import CARD_FILE
from audiorouter.routing.language_model.checkpoint import LanguageModelCard
from audiorouter.routing.opening import files_of
from audiorouter.text import first_line
from audiorouter.validation import read_json

PREFIX = "hub:"
"""What the name of a router begins with that is looked for on the hub."""
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


class HubRouter(NamedTuple):
    """A router of the hub on this machine, at one commit."""

    folder: Path
    repository: str
    commit: str

    @property
    def name(self) -> str:
        """By which the same router is had again, anywhere."""
        return f"{PREFIX}{self.repository}@{self.commit}"


def open_from_hub(name: str) -> HubRouter:
    """The router `OWNER/NAME` at the commit that it is pinned to, or `OWNER/NAME@REVISION`.

    What was not used before is pinned to the commit that it is at now. A pinned one that is on this
    machine is not asked for again.

    Raises:
        UsageError: it cannot be fetched, or not be pinned.
    """
    repository, _, revision = name.partition("@")
    if revision:
        return _fetched(repository, revision)
    known = pins()
    if repository in known:
        return _fetched(repository, known[repository])
    return pull(repository)


def pull(name: str) -> HubRouter:
    """Fetch the router `OWNER/NAME` as it is now, or at `@REVISION`, and pin it to that commit.

    Raises:
        UsageError: it cannot be fetched, loaded or pinned.
    """
    repository, _, revision = name.partition("@")
    router = _fetched(repository, revision or None)
    card_of_whole(router.folder)  # what nobody can load is not pinned
    path = pins_path()
    make_folder(path.parent)
    with locked(path.parent):
        write_file(path, json.dumps(pins() | {repository: router.commit}, indent=1) + "\n")
    return router


def pins() -> dict[str, str]:
    """The commits that routers are pinned to, by repository.

    Raises:
        UsageError: the file is damaged.
    """
    try:
        return read_json(pins_path(), dict[str, str])
    except FileNotFoundError:
        return {}


def pins_path() -> Path:
    """Where it is kept which commits are used."""
    return config_dir() / "routers.lock.json"


def _fetched(repository: str, revision: str | None) -> HubRouter:
    if not _REPOSITORY.fullmatch(repository):
        raise UsageError(f"{PREFIX}{repository}: a router of the hub is {PREFIX}OWNER/NAME")
    try:
        card = hub_file(repository, CARD_FILE, revision)
        commit = card.parent.name
        hub_file(repository, files_of(card.parent)[0], commit)
    except HubError as error:
        raise UsageError(
            f"the router {repository} cannot be fetched from the hub: {error}"
        ) from None
    return HubRouter(card.parent, repository, commit)


def upload(folder: Path, repository: str, *, private: bool = False) -> str:
    """Put the router in `folder` into the model repository `OWNER/NAME`; returns its address.

    The repository is made where there is none; the token is that of `hf auth login` or HF_TOKEN.

    Raises:
        UsageError: there is no router in the folder, or the hub refuses.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    check_variable("HF_ENDPOINT")
    page = model_page(_card_to_share(folder))
    try:
        api = HfApi()
        api.create_repo(repository, private=private, exist_ok=True)
        # All in one: whoever pulls in between would have weights that are not those of the card.
        files = {name: folder / name for name in files_of(folder)} | {"README.md": page.encode()}
        added = [CommitOperationAdd(name, content) for name, content in files.items()]
        api.create_commit(repository, added, commit_message="A router of audiorouter")
    except Exception as error:  # noqa: BLE001 - the hub's client lets its HTTP library's through
        raise UsageError(
            f"the router cannot be put on the hub as {repository}: {first_line(error)}"
        ) from None
    return f"{api.endpoint}/{repository}"


def _card_to_share(folder: Path) -> AnyCard:
    card = card_of_whole(folder)  # what nobody can load is not put there
    if isinstance(card, LanguageModelCard) and Path(card.base).is_absolute():
        raise UsageError(
            f"{folder}: its base model {card.base} is a folder on this machine, which nobody else "
            "has: train over a model of the hub, or put the folder there first (--base OWNER/NAME)"
        )
    return card


def model_page(card: AnyCard) -> str:
    """The README of a router's repository: what it was trained with."""
    tools = "\n".join(f"- `{name}`: {identity}" for name, identity in card.tools.items())
    facts = "\n".join(f"- {line}" for line in card_facts(card))
    return f"""---
library_name: audiorouter
tags: [audio, tool-use, router]
---

# A router for `{card.provider}`

Picks external audio tools for questions about audio clips, for AudioRouter.

{facts}

{tools}
"""

"""Trained routers on the Hugging Face hub."""

from __future__ import annotations

from pathlib import Path

from audiorouter.errors import UsageError
from audiorouter.machine.urls import check_variable
from audiorouter.routing.checkpoint import CARD_FILE, WEIGHTS_FILE, RouterCard, read_card


def download(repository: str) -> Path:
    """Folder of the router `OWNER/NAME`, or `OWNER/NAME@REVISION`, fetched unless it is there.

    Raises:
        UsageError: it cannot be fetched.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    check_variable("HF_ENDPOINT")
    name, _, revision = repository.partition("@")
    try:
        folder = snapshot_download(
            name, revision=revision or None, allow_patterns=[CARD_FILE, WEIGHTS_FILE]
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise UsageError(
            f"the router {repository} cannot be fetched from the hub: {first}"
        ) from None
    return Path(folder)


def upload(folder: Path, repository: str, *, private: bool = False) -> str:
    """Put the router in `folder` into the model repository `OWNER/NAME`; returns its address.

    The repository is made where there is none; the token is that of `hf auth login` or HF_TOKEN.

    Raises:
        UsageError: there is no router in the folder, or the hub refuses.
    """
    from huggingface_hub import HfApi

    check_variable("HF_ENDPOINT")
    page = model_page(read_card(folder))
    try:
        api = HfApi()
        api.create_repo(repository, private=private, exist_ok=True)
        for name in (WEIGHTS_FILE, CARD_FILE):
            api.upload_file(path_or_fileobj=folder / name, path_in_repo=name, repo_id=repository)
        api.upload_file(path_or_fileobj=page.encode(), path_in_repo="README.md", repo_id=repository)
    except Exception as error:  # noqa: BLE001 - the hub's client lets its HTTP library's through
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UsageError(f"the router cannot be put on the hub as {repository}: {first}") from None
    return f"{api.endpoint}/{repository}"


def model_page(card: RouterCard) -> str:
    """The README of a router's repository: what it was trained with."""
    tools = "\n".join(f"- `{name}`: {identity}" for name, identity in card.tools.items())
    scores = ", ".join(f"{name} {score:.1%}" for name, score in card.scores.items())
    return f"""---
library_name: audiorouter
tags: [audio, tool-use, router]
---

# A router for `{card.provider}`

Picks external audio tools for questions about audio clips, for AudioRouter.

- trained on {card.questions.get("train", 0)} questions (data {card.data_hash}, seed {card.seed})
- reasoner: {card.reasoner}
- chooses at most {card.max_calls} calls a question, cost weight {card.cost_weight}
- on the questions that chose the epoch (not for comparisons): {scores}

{tools}
"""

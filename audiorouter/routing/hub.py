"""Trained routers on the Hugging Face hub."""

from __future__ import annotations

from pathlib import Path

from audiorouter.errors import UsageError
from audiorouter.routing.checkpoint import CARD_FILE, WEIGHTS_FILE


def download(repository: str) -> Path:
    """Folder of the router `OWNER/NAME`, or `OWNER/NAME@REVISION`, fetched unless it is there.

    Raises:
        UsageError: it cannot be fetched.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    name, _, revision = repository.partition("@")
    try:
        found = snapshot_download(
            name, revision=revision or None, allow_patterns=[CARD_FILE, WEIGHTS_FILE]
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise UsageError(
            f"the router {repository} cannot be fetched from the hub: {first}"
        ) from None
    return Path(found)

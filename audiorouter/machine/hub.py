"""Files of the Hugging Face hub."""

from __future__ import annotations

from pathlib import Path

from audiorouter.machine.urls import check_variable
from audiorouter.text import first_line


class HubError(Exception):
    """A file cannot be had from the hub, nor from its cache on this machine."""


def hub_file(repository: str, name: str, revision: str | None) -> Path:
    """A file of a repository at a revision, fetched unless it is in the hub's cache.

    Its folder is named by the commit.

    Raises:
        HubError: it cannot be had.
        UsageError: HF_ENDPOINT is no address.
    """
    from huggingface_hub import hf_hub_download

    check_variable("HF_ENDPOINT")
    try:
        return Path(hf_hub_download(repository, name, revision=revision))
    except Exception as error:  # noqa: BLE001 - the hub's client lets its HTTP library's through
        raise HubError(first_line(error)) from None

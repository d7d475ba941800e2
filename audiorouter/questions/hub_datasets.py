"""Data sets on the Hugging Face hub, by `hf://datasets/OWNER/NAME`.

What is fetched lies in the hub's own cache, in a folder that is named by its commit, and is read
from there as any other folder: nothing of a data set is run.
"""

from __future__ import annotations

import glob
import re
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Self

from audiorouter.errors import QuestionFileError, UsageError
from audiorouter.machine.paths import StrPath
from audiorouter.machine.urls import check_variable
from audiorouter.questions.files.dataset import files_of_split
from audiorouter.questions.files.dataset_splits import find_splits, is_metadata
from audiorouter.text import first_line

_ADDRESS = re.compile(
    r"hf:/{1,2}datasets/(?P<repository>[^/@:]+/[^/@:]+)(?:@(?P<revision>[^/:]+))?"
    r"(?:/(?P<inside>[^:]+?))?/?(?::(?P<split>[^/:]+))?"
)
"""One slash after `hf:` is left of two where an address was made a path."""
_NOTHING = ["/"]
"""A pattern that is no file's."""
_PREFIX = re.compile(r"hf:/{1,2}", re.IGNORECASE)


class HubDataset(NamedTuple):
    """A data set of the hub: which one, at which revision, which folder or file of it."""

    repository: str
    revision: str | None
    inside: str
    split: str | None

    @classmethod
    def named(cls, name: StrPath) -> Self | None:
        """The one that `name` is the address of; None where it is no address of the hub.

        >>> HubDataset.named("hf://datasets/owner/set@v1/data:test")
        HubDataset(repository='owner/set', revision='v1', inside='data', split='test')

        Raises:
            UsageError: it begins as one does, and is none.
        """
        if not _PREFIX.match(str(name)):
            return None
        match = _ADDRESS.fullmatch(str(name))
        if match is None or ".." in (inside := match["inside"] or "").split("/"):
            raise UsageError(
                f"{name}: write hf://datasets/OWNER/NAME, and behind it where wanted @REVISION, "
                "/FOLDER and :SPLIT"
            )
        return cls(match["repository"], match["revision"], inside, match["split"])

    @property
    def address(self) -> str:
        """By which it is asked for."""
        revision = f"@{self.revision}" if self.revision else ""
        inside = f"/{self.inside}" if self.inside else ""
        return f"hf://datasets/{self.repository}{revision}{inside}"


class FetchedDataset(NamedTuple):
    """A data set on this machine."""

    path: Path
    """The file, or the folder with `:SPLIT` behind, as `read_questions` takes it."""
    folder: Path
    """Where its clips are, as far as they are no part of its tables."""
    said: str
    """What it is, for people: with its commit."""


def fetch_dataset(wanted: HubDataset) -> FetchedDataset:
    """Fetch the split's tables, and what lies beside them where those are a folder of audio.

    Without a network what was fetched before is used.

    Raises:
        QuestionFileError: there is no such folder or split in it, or no table.
        UsageError: it cannot be fetched.
    """
    from huggingface_hub import snapshot_download

    names, commit = _listing(wanted)
    inside = wanted.inside
    if inside in names:
        files: tuple[str, ...] = (inside,)
    else:
        below = f"{inside}/" if inside else ""
        here = [name.removeprefix(below) for name in names if name.startswith(below)]
        if not here:
            raise QuestionFileError(f"{wanted.address}: there is no such folder or file in it")
        of_split = files_of_split(find_splits(here), wanted.split, wanted.address)
        files = tuple(f"{below}{name}" for name in of_split)
    patterns = [glob.escape(name) for name in files]
    parent = PurePosixPath(files[0]).parent
    if any(map(is_metadata, files)):
        patterns = [
            glob.escape(name) for name in names if PurePosixPath(name).is_relative_to(parent)
        ]
    try:
        folder = Path(
            snapshot_download(
                wanted.repository, repo_type="dataset", revision=commit, allow_patterns=patterns
            )
        )
    except Exception as error:  # noqa: BLE001 - the hub's client lets its HTTP library's through
        raise _unfetched(wanted, error) from None
    description = f"hf://datasets/{wanted.repository}@{commit} ({', '.join(files[:3])}"
    description += " …)" if len(files) > 3 else ")"
    if len(files) == 1:
        return FetchedDataset(folder / files[0], folder / parent, description)
    path = folder / inside
    split = wanted.split or next(s for s, f in find_splits(here).items() if f == of_split)
    return FetchedDataset(
        path.with_name(f"{path.name}:{split}") if split else path, path, description
    )


def _listing(wanted: HubDataset) -> tuple[list[str], str]:
    """The names of all files at a revision, and its commit: of the hub, or of what is here."""
    from huggingface_hub import HfApi, snapshot_download

    check_variable("HF_ENDPOINT")
    try:
        # Fetches nothing, but keeps which commit it is, for a time without a network.
        folder = Path(
            snapshot_download(
                wanted.repository,
                repo_type="dataset",
                revision=wanted.revision,
                allow_patterns=_NOTHING,
            )
        )
    except Exception as error:  # noqa: BLE001 - the hub's client lets its HTTP library's through
        raise _unfetched(wanted, error) from None
    commit = folder.name
    try:
        names = HfApi().list_repo_files(wanted.repository, revision=commit, repo_type="dataset")
    except Exception as error:  # noqa: BLE001 - as above
        names = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
        if not names:
            raise _unfetched(wanted, error) from None
    return names, commit


def _unfetched(wanted: HubDataset, error: Exception) -> UsageError:
    return UsageError(
        f"the data set {wanted.address} cannot be fetched from the hub: {first_line(error)}"
    )

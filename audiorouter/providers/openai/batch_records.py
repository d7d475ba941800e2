"""Which requests lie at a server in which of its batches: kept on disk, so that a kill loses none.

A record is written before its batch is made, with a mark that the batch carries: a batch whose id
was not written down any more is found at the server by it.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from audiorouter.errors import UsageError
from audiorouter.machine.files import make_folder, write_file
from audiorouter.validation import read_json


@dataclass(frozen=True)
class BatchRecord:
    """A batch of a server, or one that was about to be made."""

    url: str
    """The server's."""
    requests: tuple[str, ...]
    """Names of the requests in it; they tell their contents."""
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    batch: str | None = None
    """Its id; None where it is not known whether it was made."""


class BatchRecords:
    """The records of one server in `folder`, a file each."""

    def __init__(self, folder: Path, url: str):
        self._folder, self._url = folder, url

    def __iter__(self) -> Iterator[BatchRecord]:
        for path in sorted(self._folder.glob("*.json")):
            # Another process may have removed it; one that is damaged tells nothing.
            with contextlib.suppress(OSError, UsageError, TypeError):
                record = BatchRecord(**read_json(path, dict[str, object]))  # type: ignore[arg-type]
                if record.url == self._url:
                    yield replace(record, requests=tuple(record.requests))

    def keep(self, record: BatchRecord) -> None:
        """Write a record, or write it anew.

        Raises:
            UsageError: it cannot be written.
        """
        make_folder(self._folder, private=True)
        write_file(self.path(record), json.dumps(asdict(record)), private=True)

    def remove(self, record: BatchRecord) -> None:
        """Forget a batch."""
        self.path(record).unlink(missing_ok=True)

    def drop(self, requests: Iterable[str]) -> None:
        """Forget requests whose answers are kept, or will never come."""
        done = set(requests)
        for record in self:
            left = tuple(name for name in record.requests if name not in done)
            if not left:
                self.remove(record)
            elif len(left) < len(record.requests):
                self.keep(replace(record, requests=left))

    def path(self, record: BatchRecord) -> Path:
        """Where a record lies, which may be removed by hand: then its requests are sent anew."""
        return self._folder / f"{record.mark}.json"

"""What the processes of one training tell each other beside gradients.

What a training learns from is decided once and told to all: where each process asked or read for
itself, a passing fault would make their tables differ, and the gradients of different tables never
meet. So each process does its share of the work, the shares are gathered, and every process has the
same of them. What fails in one process fails in all of them.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import torch

from audiorouter.errors import AudioRouterError, ProcessError
from audiorouter.learning.shards import WHOLE, Shard
from audiorouter.text import first_line

if TYPE_CHECKING:
    from accelerate import Accelerator

PATIENCE = timedelta(days=1)
"""How long a process waits for the share of another one, which may be asking a slow reasoner.

One that has ended is not waited for: its connection is closed, and gloo says so at once.
"""

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Processes:
    """The processes of a training, from the view of one of them; every one makes the same calls."""

    def __init__(self, accelerator: Accelerator | None = None):
        self.shard = WHOLE
        self._group: Any = None
        if accelerator is not None and accelerator.num_processes > 1:
            self.shard = Shard(accelerator.process_index, accelerator.num_processes)
            # A group of its own: gradients may go through NCCL, which has less patience, and does
            # not notice a process that has ended.
            self._group = torch.distributed.new_group(backend="gloo", timeout=PATIENCE)

    @property
    def is_main(self) -> bool:
        """Whether this is the process that decides, speaks and writes."""
        return self.shard.rank == 0

    def gather(self, work: Callable[[], T]) -> list[T]:
        """What `work` gives in each process, in order of rank; it has to be picklable.

        Raises:
            ProcessError: it failed in a process, or a process has ended.
        """
        if self._group is None:
            return [work()]
        result, failure = None, None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the others wait for a word
            failure = error
            if not isinstance(error, AudioRouterError):
                _log.exception("process %d failed", self.shard.rank)
        complaint = None if failure is None else _describe(failure)
        told: list[tuple[T | None, str | None]] = [(None, None)] * self.shard.processes
        try:
            torch.distributed.all_gather_object(told, (result, complaint), group=self._group)
        except RuntimeError as error:
            raise ProcessError(
                f"process {self.shard.rank} waited for another one, which has ended: see what that "
                f"one says, and start again; what was finished is kept ({first_line(error)[:200]})"
            ) from None
        for rank, (_, problem) in enumerate(told):
            if problem is not None:
                raise ProcessError(f"process {rank}: {problem}") from failure
        return [cast(T, value) for value, _ in told]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        """Where something failed, close the connections to the others: nothing more is gathered.

        Left to the end of the interpreter, gloo may abort the process there.
        """
        if kind is not None and self._group is not None:
            with contextlib.suppress(RuntimeError, ValueError):
                torch.distributed.destroy_process_group()

    def each(self, work: Callable[[], T]) -> T:
        """What `work` gives in this process, after it was done in every one.

        Raises:
            ProcessError: it failed in a process, or a process has ended.
        """
        kept: list[T] = []
        self.gather(lambda: kept.append(work()))
        return kept[0]

    def decide(self, work: Callable[[], T]) -> T:
        """What `work` gives in the main process, which alone does it; it has to be picklable.

        Raises:
            ProcessError: it failed, or a process has ended.
        """
        return cast(T, self.gather(lambda: work() if self.is_main else None)[0])


def _describe(error: Exception) -> str:
    return str(error) if isinstance(error, AudioRouterError) else f"{type(error).__name__}: {error}"

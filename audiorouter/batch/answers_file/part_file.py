"""The file beside an answers file in which its answers grow, and the note that it is ours.

Nothing in the file itself could say so at every moment: a kill or a full disk may cut it anywhere,
and at its end it is what a user's own answers are. While a batch has the note it is locked, so that
no other one writes there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from audiorouter.batch.answers_file.answer_files import unfinished
from audiorouter.batch.rows import GO_ON
from audiorouter.errors import UsageError
from audiorouter.machine.files import LockedError, check_file, held
from audiorouter.machine.paths import StrPath

_MOST_DIGITS = 32


class PartFile:
    """Where the answers of a batch grow that are to stand at `output`; no other batch has it."""

    def __init__(self, output: Path, note: int):
        self.output = output
        self.path = unfinished(output)
        self._note = note

    def open(self) -> int:
        """Begin the file anew, for reading and writing; the caller closes it.

        Raises:
            UsageError: what is there is somebody else's, and stays as it is.
            OSError: it cannot be written.
        """
        check_unfinished(self.output)  # somebody may have put another file there meanwhile
        # What is there may be its owner's alone, and what takes its place is like it at the end.
        mode = 0o600 if self.output.exists() else 0o666
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, mode)
        try:
            self._take_note(os.fstat(file).st_ino)
            os.ftruncate(file, 0)
        except BaseException:
            os.close(file)
            raise
        return file

    def _take_note(self, inode: int) -> None:
        text = f"{inode}\n".encode()
        if os.pread(self._note, _MOST_DIGITS, 0) != text:  # a full disk takes nothing new
            os.ftruncate(self._note, 0)
            os.pwrite(self._note, text, 0)
            os.fsync(self._note)


@contextmanager
def part_file(output: StrPath | None) -> Iterator[PartFile | None]:
    """Have the place for unfinished answers alone; None where there are none to be written.

    A kill lets go of it. The note stays only where nothing else says what the file is.

    Raises:
        UsageError: another batch has it, or nothing can be written there.
    """
    if output is None:
        yield None
        return
    output = Path(output)
    beside = unfinished(output)
    note = _note(beside)
    with ExitStack() as held_here:
        try:
            handle = held_here.enter_context(held(note))
        except LockedError:
            raise UsageError(
                f"{beside}: another batch is under way that writes its answers there: wait for its "
                "end, or choose another -o"
            ) from None
        except OSError as error:
            raise UsageError(f"{note}: cannot be written ({error.strerror})") from None
        try:
            yield PartFile(output, handle)
        finally:
            with suppress(OSError):  # the folder may be read-only by now
                if not beside.exists() or _says_so(beside):
                    note.unlink()


def check_unfinished(output: Path, *, unlike: Sequence[Path] = ()) -> None:
    """Raise `UsageError` where the answers of a batch that is stopped may not be written.

    They stand beside those at `output`, and take the place of nothing but earlier ones of their
    kind.
    """
    beside = unfinished(output)
    check_file(beside, unlike=unlike)
    if beside.exists() and not (_is_noted(beside) or _says_so(beside)):
        raise UsageError(
            f"{beside}: a batch that is stopped writes its answers there, and what is there is not "
            "the answers of one: move it away, or choose another -o"
        )


def _note(beside: Path) -> Path:
    return beside.with_name(f".{beside.name}.lock")


def _is_noted(beside: Path) -> bool:
    """Whether a batch began this very file, or one that has nothing in it."""
    try:
        status = beside.stat()
        return not status.st_size or _note(beside).read_text().strip() == str(status.st_ino)
    except (OSError, ValueError):
        return False


def _says_so(path: Path) -> bool:
    """Whether the file has answers of a batch that did not come to all of its rows."""
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            return any(GO_ON in line for line in lines)
    except OSError:
        return False

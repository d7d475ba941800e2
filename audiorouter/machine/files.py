"""Files that we write: checked before the work, and whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from audiorouter.errors import UsageError
from audiorouter.machine.signals import told_to_stop

UNFINISHED = ".audiorouter-"
"""What the name of a file begins with that takes the place of another when it is whole."""
_POLL_SECONDS = 0.05


_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What a file system says that has none, such as some of clusters."""


class LockedError(OSError):
    """Somebody else holds a lock, or that of a folder for too long."""


def check_file(path: Path, *, unlike: Iterable[Path | None] = ()) -> None:
    """Make sure that a file can be written at `path`; asked before the work that fills it.

    It must be none of the files `unlike` it, which are read or written as well.

    Raises:
        UsageError: it cannot; the message names the path and says why.
    """
    check_unlike(path, unlike)
    try:
        if path.is_dir():
            raise UsageError(f"{path}: is a folder, not a file")
        if path.exists() and not os.access(path, os.W_OK):
            raise UsageError(f"{path}: cannot be written ({os.strerror(errno.EACCES)})")
        if not path.parent.is_dir():
            raise UsageError(f"{path}: there is no folder {path.parent}")
        if not _is_special(path):
            _try_to_write_in(path.resolve().parent)
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(f"{path}: cannot be written ({_reason(error)})") from None


def check_unlike(path: Path, others: Iterable[Path | None]) -> None:
    """Make sure that `path` is none of the others, which are read or written as well.

    Raises:
        UsageError: it is one of them.
    """
    for other in others:
        if other is not None and _same(path, other):
            raise UsageError(f"{path}: is also used for something else here; choose another file")


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except ValueError:  # no file can have such a name
        return False
    except OSError:  # one of them is not there yet
        return os.path.realpath(path) == os.path.realpath(other)


def check_folder(path: Path) -> None:
    """Make sure that files can be written into a folder at `path`, which need not be there yet.

    Raises:
        UsageError: they cannot; the message names the path and says why.
    """
    try:
        there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
        if not there.is_dir():
            above = "" if there == path else f"{there} "
            raise UsageError(f"{path}: {above}is a file, not a folder; choose another place")
        _try_to_write_in(there)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be written ({_reason(error)})") from None


def make_folder(path: Path, *, private: bool = False) -> None:
    """Make a folder, and those above it, unless it is there.

    Raises:
        UsageError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o777)
    except OSError as error:
        raise UsageError(f"{path}: the folder cannot be made ({_reason(error)})") from None


def write_file(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Write a file that a user asked for, as `write_whole` does.

    Raises:
        UsageError: it cannot be written; the message names it. What was there is there still.
    """
    try:
        write_whole(path, content, private=private)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({_reason(error)})") from None


def write_whole(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Replace the file at `path` by way of a temporary one beside it; a link stays a link.

    Text is UTF-8; a lone surrogate is written as its escape. A file that was there keeps its owner
    and its mode; a `private` one is its owner's alone from the start, whatever it was. What is no
    file (`/dev/stdout`, a named pipe) is written to as it is, and so is a file that may be written
    but not replaced.

    Raises:
        OSError: it cannot be written; what was there is there still.
    """
    if isinstance(content, str):
        content = content.encode("utf-8", "backslashreplace")
    if _is_special(path):
        path.write_bytes(content)
        return
    path = Path(os.path.realpath(path))
    temporary = _unfinished(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        # Until it is like the one that it replaces, nobody else may read it.
        former = None if private else _status(path)
        handle = os.open(temporary, flags, 0o666 if not private and former is None else 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            if former is not None:
                _liken(handle, former)
        try:
            temporary.replace(path)
        except OSError as error:
            if error.errno not in (errno.EBUSY, errno.EPERM) or not path.is_file():
                raise
            # A mount of its own, or another user's in a folder such as /tmp: only filled anew.
            path.write_bytes(content)
            temporary.unlink()
    except BaseException:  # also Ctrl-C
        temporary.unlink(missing_ok=True)
        raise


def write_pieces(path: Path, pieces: Iterable[bytes]) -> int:
    """Replace the file at `path`, its owner's alone, by pieces as they come; how many bytes.

    What the pieces raise is raised, and what was there is there still.

    Raises:
        UsageError: it cannot be written; the message names it.
    """
    temporary, size = _unfinished(path), 0
    try:
        with _written(path):
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb", buffering=0) as stream:
            for piece in pieces:
                left = memoryview(piece)
                with _written(path):
                    while left:
                        left = left[stream.write(left) :]
                size += len(piece)
        with _written(path):
            temporary.replace(path)
    except BaseException:  # also Ctrl-C
        temporary.unlink(missing_ok=True)
        raise
    return size


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({_reason(error)})") from None


def put_in_place(source: Path, path: Path) -> None:
    """Have the file at `source`, which lies beside, take the place of what is at `path`.

    A link stays a link, a file that was there keeps its owner and its mode, and what is no file or
    can only be filled is filled, as `write_whole` does. The file at `source` is gone then.

    Raises:
        UsageError: it cannot; both are as they were.
    """
    try:
        if _is_special(path):
            _fill(path, source)
            return
        path = Path(os.path.realpath(path))
        if (former := _status(path)) is not None:
            with source.open("rb") as stream:
                _liken(stream.fileno(), former)
        try:
            source.replace(path)
        except OSError as error:
            if error.errno == errno.EXDEV:  # a link into another file system
                write_whole(path, source.read_bytes())
                source.unlink()
            elif error.errno not in (errno.EBUSY, errno.EPERM) or not path.is_file():
                raise
            else:  # a mount of its own, or another user's in a folder such as /tmp
                _fill(path, source)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({_reason(error)})") from None


def _unfinished(path: Path) -> Path:
    """The temporary file beside one that is being written."""
    return path.with_name(f"{UNFINISHED}{os.getpid()}-{os.urandom(4).hex()}")


def _fill(path: Path, source: Path) -> None:
    with source.open("rb") as content, path.open("wb") as stream:
        shutil.copyfileobj(content, stream)
    source.unlink()


@contextmanager
def locked(
    folder: Path, *, waiting: Callable[[], None] | None = None, seconds: float | None = None
) -> Iterator[None]:
    """Hold the one lock of a folder; others wait. No lock file is left, and a kill lets go of it.

    `waiting` is called once where another process has it. Whoever may read a folder may lock it:
    where others may, give a limit of `seconds`. The folder itself is locked: filelock would lock a
    file in it, which stays there, and where another user has left it keeps us out.

    Raises:
        LockedError: another process had it for longer than `seconds`.
        OSError: the folder cannot be opened.
    """
    handle, own = os.open(folder, os.O_RDONLY), os.getpid()
    try:
        if not _is_free(handle):
            if waiting is not None:
                waiting()
            _wait_for(handle, folder, seconds)
        yield
    finally:
        if os.getpid() == own:
            # Closing does not let go of it while a copy of this process, forked within, lives on.
            fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)


@contextmanager
def held(path: Path) -> Iterator[int]:
    """Have a file for this work alone, and open; it is made where it is not there.

    A kill lets go of it. Who has it may remove it. Where the file system has no locks it is had by
    whoever asks.

    Raises:
        LockedError: somebody else has it, in this process or another.
        OSError: the file cannot be opened.
    """
    handle, own = _open_held(path), os.getpid()
    try:
        yield handle
    finally:
        if os.getpid() == own:
            with contextlib.suppress(OSError):  # it has no locks
                fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)


def _open_held(path: Path) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        try:
            try:
                free = _is_free(handle)
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    raise
                free = True
            if not free:
                raise LockedError(errno.EAGAIN, f"somebody else has {path}")
            there = _status(path)
            if there is not None and os.path.samestat(there, os.fstat(handle)):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # whoever had it removed it meanwhile


def _wait_for(handle: int, folder: Path, seconds: float | None) -> None:
    if seconds is None:
        fcntl.flock(handle, fcntl.LOCK_EX)
    else:
        until = time.monotonic() + seconds
        while not _is_free(handle):
            if time.monotonic() >= until or told_to_stop():
                raise LockedError(errno.EAGAIN, f"another process keeps {folder} locked")
            time.sleep(_POLL_SECONDS)


def _is_free(handle: int) -> bool:
    """Whether nobody had the lock, which is held from now on."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _liken(handle: int, former: os.stat_result) -> None:
    """Give an open file the owner and mode of another, as far as one may."""
    new = os.fstat(handle)
    if (new.st_uid, new.st_gid) != (former.st_uid, former.st_gid):
        with contextlib.suppress(PermissionError):
            os.fchown(handle, former.st_uid, former.st_gid)
    os.fchmod(handle, stat.S_IMODE(former.st_mode) & 0o777)


def _is_special(path: Path) -> bool:
    """Whether it is there and neither file nor folder."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _try_to_write_in(folder: Path) -> None:
    """Write a file that has no name: permissions do not tell what root or a full disk may do."""
    import tempfile

    with tempfile.TemporaryFile(dir=folder) as stream:
        stream.write(b"x")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)

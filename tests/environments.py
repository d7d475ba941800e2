"""Virtual environments made in a second, for which it is chosen what can be imported there.

Distributions that are installed here are linked, none is downloaded; AudioRouter itself comes from
the wheel, as users get it.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import venv
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def build_wheel(folder: Path) -> Path:
    """Build the wheel of the working tree."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


class Environment:
    """A virtual environment with a wheel of AudioRouter, and what is to be `beside` it.

    No extra of AudioRouter is there. Commands see no settings but those in its own folder.
    """

    def __init__(self, folder: Path, wheel: Path, *, beside: Iterable[str] = ()):
        self.folder = folder
        self.python = folder / "bin" / "python"
        venv.create(folder)
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        self.site = folder / "lib" / version / "site-packages"
        shutil.copytree(_installed(wheel), self.site, dirs_exist_ok=True)
        (own,) = importlib.metadata.distributions(name="audiorouter", path=[str(self.site)])
        link({*beside, *needed_by([own, *map(importlib.metadata.distribution, beside)])}, self.site)
        self.variables = {
            "AUDIOROUTER_CONFIG": str(folder / "settings"),
            # What is installed there is built by what is there: nothing is downloaded.
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            # librosa is compiled anew for each place that it is linked to: as soon as may be, and
            # not into the machine's own cache.
            "NUMBA_CACHE_DIR": str(folder / "numba"),
            "NUMBA_OPT": "0",
        }

    def run(self, *arguments: object, code: int = 0, **variables: object):
        """Run a command of AudioRouter; it must end with `code`, and without a traceback."""
        variables = {name: str(value) for name, value in variables.items()}
        done = self.run_python("-m", "audiorouter", *arguments, **variables)
        assert done.returncode == code, (done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done

    def run_python(self, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run Python there. What is on the path here is not on the path there."""
        hidden = {"PYTHONPATH", "AUDIOROUTER_PLUGINS"}
        usual = {name: value for name, value in os.environ.items() if name not in hidden}
        return subprocess.run(
            [self.python, *map(str, arguments)],
            env=usual | self.variables | variables, cwd=self.folder,
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip


@cache
def _installed(wheel: Path) -> Path:
    """A folder into which pip has installed the wheel, with all its modules compiled: once."""
    folder = wheel.parent / f"installed-{os.getpid()}"
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "-q"]
    subprocess.run([*install, "--target", folder, wheel], check=True, timeout=120)
    shutil.rmtree(folder / "bin")
    return folder


def needed_by(distributions: Iterable[importlib.metadata.Distribution]) -> set[str]:
    """Names of all that those need, of what is installed here; without extras of theirs."""
    todo: list[tuple[importlib.metadata.Distribution, frozenset[str]]]
    todo = [(one, frozenset()) for one in distributions]
    names, seen = set(), set()
    while todo:
        distribution, wanted = todo.pop()
        for text in distribution.requires or ():
            needed = Requirement(text)
            if needed.marker is not None and not any(
                needed.marker.evaluate({"extra": extra}) for extra in {"", *wanted}
            ):
                continue
            step = canonicalize_name(needed.name), frozenset(needed.extras)
            if step in seen:
                continue
            seen.add(step)
            names.add(step[0])
            todo.append((importlib.metadata.distribution(step[0]), step[1]))
    return names


def link(names: Iterable[str], site: Path) -> None:
    """Link what those distributions installed here into another site-packages."""
    shared = Counter(
        top
        for distribution in importlib.metadata.distributions()
        for top in {path.parts[0] for path in _files(distribution)}
    )
    for name in sorted(names):
        distribution = importlib.metadata.distribution(name)
        for path in _files(distribution):
            # A folder that several distributions fill, such as a namespace, is filled anew.
            part = path if shared[path.parts[0]] > 1 else PurePosixPath(path.parts[0])
            place = site / part
            if not place.is_symlink():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(Path(str(distribution.locate_file(part))))


def _files(distribution: importlib.metadata.Distribution) -> list[PurePosixPath]:
    """What it installed into site-packages; no scripts, and nothing that acts at every start."""
    return [
        path
        for path in distribution.files or ()
        if path.parts[0] not in ("..", "__pycache__") and path.suffix not in (".pth", ".pyc")
    ]

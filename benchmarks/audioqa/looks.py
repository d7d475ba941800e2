"""Every look at the test part, with when, at which commit and what for: results/test_looks.csv.

Nothing may be chosen on the test. That cannot be enforced, but who looks says so: whatever reads a
file of the test asks here for its path.
"""

from __future__ import annotations

import csv
import hashlib
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from audioqa.build import FORMS, kept

LOG = Path(__file__).resolve().parents[1] / "results" / "test_looks.csv"
COLUMNS = ("date", "commit", "files", "reason")


def test_files(folder: Path, reason: str, forms: tuple[str, ...] = ()) -> dict[str, Path]:
    """The files of the test by form, all or these, after the look at them was written down.

    Raises:
        ValueError: no reason is given, a form is unknown, or a file is not the one whose hash is
            kept: then nothing is written down.
    """
    known = tuple(form.file for form in FORMS["test"])
    wanted = forms or known
    if not reason.strip():
        raise ValueError("say what the test is looked at for")
    if unknown := set(wanted) - set(known):
        raise ValueError(f"no form of the test is called {', '.join(sorted(unknown))}")
    files = {name: folder / f"{name}.csv" for name in wanted}
    other = [path.name for path in files.values() if _hash(path) != kept()[path.name]]
    if other:
        raise ValueError(f"{', '.join(other)}: not what hashes.json says; build it again")
    _write_down(" ".join(wanted), reason)
    return files


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write_down(files: str, reason: str) -> None:
    is_new = not LOG.exists()
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        if is_new:
            writer.writerow(COLUMNS)
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
        writer.writerow((now, commit(), files, reason))


def commit() -> str:
    """The commit, with a `+` where files differ from it."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=9", "--exclude=*"]
    return subprocess.run(
        command, cwd=LOG.parent, check=True, capture_output=True, text=True
    ).stdout.strip()

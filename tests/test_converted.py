"""What is made of weights is what is loaded: it is hashed when it is made, and damage is mended."""

import hashlib
import os
import threading
import time
from pathlib import Path

import pytest

from audiorouter.weights import State, WeightFile, Weights, checksums, locate, pull, state
from audiorouter.weights.converted import folder_in, make

CONVERTER = """
def double(folder, target):
    with open(folder / "runs", "a") as runs:
        runs.write("x")
    (target / "parts").mkdir()
    (target / "parts" / "a").write_text(2 * (folder / "a").read_text())
    (target / "config").write_text("{}")
"""


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """Weights of one file that are converted, and were pulled."""
    monkeypatch.setenv("AUDIOROUTER_CACHE", str(tmp_path / "cache"))
    (tmp_path / "doubling.py").write_text(CONVERTER)
    monkeypatch.syspath_prepend(tmp_path)
    source = tmp_path / "a"
    source.write_text("content")
    digest = hashlib.sha256(b"content").hexdigest()
    file = WeightFile("a", 7, digest, url=source.as_uri())
    made = Weights("doubled", "it", "MIT", (file,), convert="doubling:double")
    pull(made)
    return made


def as_it_was(path: Path, content: str) -> None:
    """Fill a file anew such that its size and its time of change tell nothing."""
    before = path.stat()
    path.write_text(content)
    assert path.stat().st_size == before.st_size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


DAMAGES = {
    "overwritten": lambda folder: as_it_was(folder / "parts" / "a", "contentcontenT"),
    "cut off": lambda folder: (folder / "parts" / "a").write_text("cont"),
    "a file less": lambda folder: (folder / "config").unlink(),
    "a file more": lambda folder: (folder / "adapter").write_text("another model"),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "a broken manifest": lambda folder: (folder / "manifest.json").write_text("{"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("mend", [locate, pull], ids=["locate", "pull"])
def test_what_is_not_what_was_made_is_made_again(weights, damage, mend):
    folder = locate(weights)
    damage(folder)
    assert state(weights) is State.DAMAGED
    mend(weights)
    assert state(weights) is State.READY and locate(weights) == folder
    assert (folder / "parts" / "a").read_text() == "contentcontent"
    assert {path.name for path in folder.iterdir()} == {"config", "manifest.json", "parts"}
    assert (folder.parent / "runs").read_text() == "xx"


def test_what_is_intact_is_neither_converted_nor_hashed_again(weights, monkeypatch):
    locate(weights)
    monkeypatch.setattr(checksums, "sha256_of", lambda path: pytest.fail(f"{path} was read"))
    locate(weights)
    assert (locate(weights).parent / "runs").read_text() == "x"


def test_it_is_missing_until_it_is_converted(weights):
    folder = locate(weights)
    (folder / "config").unlink()
    for path in (folder / "manifest.json", folder / "parts" / "a"):
        path.unlink()
    (folder / "parts").rmdir()
    folder.rmdir()
    assert state(weights) is State.MISSING
    assert locate(weights) == folder and state(weights, rehash=True) is State.READY


def test_several_at_once_convert_once(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_CACHE", str(tmp_path / "cache"))
    target, runs = folder_in(tmp_path), []

    def write(into: Path) -> None:
        runs.append(into)
        time.sleep(0.2)
        (into / "a").write_text("it")

    threads = [threading.Thread(target=make, args=(target, write)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == 1 and (target / "a").read_text() == "it"

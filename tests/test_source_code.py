"""Of which code the source is part of what decides a result, and what of it."""

from __future__ import annotations

import importlib
import sys

import pytest

from audiorouter.machine.source_code import source_hash, with_source
from audiorouter.toolbox.sound.loudness import Loudness


@pytest.fixture
def hash_of(tmp_path, monkeypatch):
    """Writes the files of a distribution into a folder and hashes the class `Thing` of a module."""

    def hashed(files, module="thing", *, place="project"):
        root = tmp_path / place
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        monkeypatch.syspath_prepend(root)
        for name in [name for name in sys.modules if name.partition(".")[0] in ("thing", "beside")]:
            del sys.modules[name]
        importlib.invalidate_caches()
        return source_hash(importlib.import_module(module).Thing)

    yield hashed
    for name in [name for name in sys.modules if name.partition(".")[0] in ("thing", "beside")]:
        del sys.modules[name]


def test_ours_is_what_its_version_says():
    assert source_hash(Loudness) is None
    assert with_source("loudness/1", Loudness) == "loudness/1"


def test_an_edit_of_what_is_imported_changes_it_and_of_what_is_not_does_not(hash_of):
    source = "class Thing:\n    def run(self):\n        import beside\n"
    first = hash_of({"thing.py": source, "beside.py": "import deeper\n"})
    assert first == hash_of({"stranger.py": "x = 1\n"})
    deeper = hash_of({"deeper.py": "x = 1\n"})
    assert len({first, deeper, hash_of({"thing.py": source + "\n"})}) == 3
    assert with_source("a", sys.modules["thing"].Thing).startswith("a source=")


def test_of_a_package_every_file_counts(hash_of):
    files = {"thing/a.py": "class Thing: pass\n", "thing/data.json": "1"}
    first = hash_of(files, "thing.a")
    assert first == hash_of(files, "thing.a")
    assert first != hash_of({"thing/data.json": "2"}, "thing.a")


@pytest.mark.parametrize("direct", [False, True])
def test_installed_from_an_index_its_version_counts_else_what_was_installed(hash_of, direct):
    info = "thing-1.dist-info"
    files = {
        "thing.py": "class Thing: pass\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: thing\nVersion: 1\n",
        f"{info}/entry_points.txt": "[audiorouter]\nthing = thing\n",
        f"{info}/RECORD": "thing.py,sha256=a,18\n",
    }
    if direct:
        files[f"{info}/direct_url.json"] = '{"url": "file:///x", "dir_info": {}}'
    first = hash_of(files, place="site-packages")
    other = hash_of({f"{info}/RECORD": "thing.py,sha256=b,18\n"}, place="site-packages")
    assert (first is None, first == other) == (not direct, not direct)

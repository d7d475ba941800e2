"""The face for Python: what `audiorouter` itself offers, when it is imported, and its types."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

import audiorouter

HEAVY = {"numpy", "torch", "scipy", "pydantic", "typer", "rich", "pluggy", "asyncio", "sqlite3"}


def imported_for_types() -> set[str]:
    """The names that type checkers see."""
    tree = ast.parse(Path(audiorouter.__file__).read_text("utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    return {
        name.name for node in block.body if isinstance(node, ast.ImportFrom) for name in node.names
    }


def test_every_name_is_there_and_known_to_type_checkers():
    assert len(set(audiorouter.__all__)) == len(audiorouter.__all__)
    assert set(audiorouter.__all__) == imported_for_types() | {"__version__"}
    for name in audiorouter.__all__:
        assert getattr(audiorouter, name) is not None
    assert audiorouter.__version__ == version("audiorouter")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = audiorouter.nothing


def test_importing_it_imports_nothing_heavy():
    program = (
        "import sys, audiorouter; dir(audiorouter); audiorouter.__version__; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not HEAVY & set(done.stdout.split())


@pytest.mark.slow
def test_the_wheel_says_that_it_has_types_and_brings_what_notebooks_are_shown_by(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "audiorouter/py.typed" in names
    shown_by = ("batch/notebook_batch.html.jinja", "viewer/notebook_row.html")
    assert {f"audiorouter/{name}" for name in (*shown_by, "viewer/notebook_row.js")} <= names

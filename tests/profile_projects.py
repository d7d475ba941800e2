"""A project with a file of settings, and what commands below it come to."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from commands import run

from audiorouter.cli.app import app

ROOT = typer.main.get_command(app)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Writes the file of a project, of which the current folder is a folder below."""
    folder = tmp_path / "project"
    (folder / "below").mkdir(parents=True)
    monkeypatch.chdir(folder / "below")
    monkeypatch.setenv("AUDIOROUTER_CONFIG", str(tmp_path / "config"))

    def write(text: str) -> Path:
        path = folder / "audiorouter.toml"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def options(monkeypatch, tone):
    """Runs `batch` as far as its options, and gives them."""
    import audiorouter.batch.planning.plan

    given = {}

    class PlannedError(Exception):
        pass

    def plan(_clips, _questions, options, **_):
        given["options"] = options
        raise PlannedError

    monkeypatch.setattr(audiorouter.batch.planning.plan, "make_plan", plan)

    def of(*arguments, **environment):
        words = list(map(str, arguments))
        split = words.index("batch") if "batch" in words else 0
        with pytest.raises(PlannedError):
            run(*words[:split], "batch", "clips", "q.csv", "--plan", *words[split + 1 :],
                **environment)  # fmt: skip
        return given["options"]

    return of

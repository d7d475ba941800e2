"""librosa compiles once a machine, ahead of any call."""

import os
import subprocess
import sys

import pytest
from conftest import EXAMPLES
from typer.testing import CliRunner

from audiorouter.cli.app import app
from audiorouter.plugins import load_registry
from audiorouter.store import Store
from audiorouter.toolbox.frontends.librosa_ready import librosa_ready
from audiorouter.toolbox.run_tool import run_tool

NOTHING_COMPILED = """
import sys
from pathlib import Path

import numpy as np
import soundfile

from audiorouter.clips import Clip
from audiorouter.plugins.builtin.tools import MUSIC, STAND_INS

tools = [kind() for kind in (*MUSIC, *STAND_INS) if "librosa" in kind.packages]
assert len(tools) > 1
tools[0].load()
from numba.core.dispatcher import Dispatcher

compile_one = Dispatcher.compile
compiled = []


def noted(self, signature):
    compiled.append(f"{self.py_func.__qualname__}{signature}")
    return compile_one(self, signature)


Dispatcher.compile = noted
noise = np.random.default_rng(0).normal(0, 0.1, 44_100).astype(np.float32)
for number, samples in enumerate([noise, noise[:1], 0 * noise, np.stack([noise, -noise], 1)]):
    soundfile.write(f"{number}.wav", samples, 44_100)
for path in [*sorted(Path().glob("*.wav")), Path(sys.argv[1])]:
    for tool in tools:
        tool.run(Clip(path), tool.parse({}))
assert not compiled, compiled
"""


@pytest.mark.slow
def test_no_call_compiles_whichever_tool_was_loaded(tmp_path):
    waltz = EXAMPLES / "clips" / "waltz.flac"
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", NOTHING_COMPILED, str(waltz)],
        cwd=tmp_path, check=True,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.weights
def test_workers_that_compile_librosa_at_once_do_not_poison_its_cache(tmp_path, monkeypatch):
    """Seen: two did, and every process that used librosa's beats crashed from then on."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    monkeypatch.setenv("NUMBA_OPT", "0")  # it compiles as much, and sooner
    tools = load_registry(third_party=False).stand_ins
    clips = [EXAMPLES / "clips" / f"{name}.flac" for name in ("march", "waltz")]
    for run in ("cold", "from the cache"):
        with Store(tmp_path / f"{run}.db") as store:
            found = run_tool(
                tools, tools["tempo"], {}, clips, store,
                workers=2, timeout=300, verbose=False,
            )  # fmt: skip
        assert [result.error for result in found] == [None, None], run


@pytest.mark.slow
def test_a_numba_that_was_imported_before_keeps_to_its_own_cache():
    """Seen: code of two caches in one process, which crashed it in one of three runs."""
    code = (
        "import os, numba; from audiorouter.toolbox.frontends.librosa_ready import librosa_ready\n"
        "from unittest.mock import patch\n"
        "with patch('audiorouter.toolbox.frontends.librosa_ready.locked', side_effect=OSError):\n"
        "    try: librosa_ready()\n    except OSError: pass\n"
        "assert 'NUMBA_CACHE_DIR' not in os.environ"
    )
    kept = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    subprocess.run([sys.executable, "-c", code], env=kept, check=True)


def test_pulling_all_models_compiles_ahead_and_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr("audiorouter.weights.CATALOGUE", ())
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    done = []
    monkeypatch.setattr(
        "audiorouter.toolbox.frontends.librosa_ready.librosa_ready", lambda: done.append(True)
    )
    pulled = CliRunner().invoke(app, ["models", "pull"])
    assert pulled.exit_code == 0 and done == [True]
    assert "librosa: compiling" in pulled.stderr
    assert pulled.stdout == f"librosa: {tmp_path / 'numba'}\n"


def test_a_folder_that_cannot_be_compiled_into_is_said(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("audiorouter.weights.CATALOGUE", ())
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "numba"))
    librosa_ready.cache_clear()  # a test before this one may have had it compiled
    pulled = CliRunner().invoke(app, ["models", "pull"])
    assert isinstance(pulled.exception, Exception)
    assert "librosa cannot be compiled into" in str(pulled.exception)

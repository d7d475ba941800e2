"""Plugins as users have them: made, installed into an environment of their own, used, removed."""

import json
from pathlib import Path

import pytest
from environments import ROOT, Environment
from gemini_server import GeminiServer

pytestmark = pytest.mark.slow

EXAMPLES = ROOT / "examples"
BUILDING = ("hatchling", "editables")


@pytest.fixture
def make_environment(wheel, tmp_path_factory):
    """Makes environments that share their settings and install into themselves."""

    def make(settings: Path, *beside: str) -> Environment:
        folder = tmp_path_factory.mktemp("environment")
        made = Environment(folder, wheel, beside=["pip", *BUILDING, *beside])
        made.variables["AUDIOROUTER_CONFIG"] = str(settings)
        return made

    return make


def names(environment, what="tools"):
    return {entry["name"] for entry in json.loads(environment.run(what, "list", "--json").stdout)}


def test_from_new_to_uninstalled_and_back_by_sync(make_environment, tiny_model, tmp_path, tone):
    environment = make_environment(tmp_path / "settings", "pytest")
    run = environment.run
    project = tmp_path / "audiorouter-clipping"
    run("plugins", "new", project)
    assert "pip" in run("plugins", "install", "-e", project, "--dry-run").stderr
    assert "clipping" not in names(environment)

    installed = run("plugins", "install", "-e", project)
    assert "tool clipping" in installed.stdout and " -e " in installed.stderr
    assert "clipping" in names(environment)
    clip = tone()
    assert "is not clipped" in run("tools", "run", "clipping", clip).stdout
    # As it is edited it is heard, with no other version.
    module = project / "audiorouter_clipping.py"
    source = module.read_text()
    module.write_text(source.replace("is not clipped", "is clean"))
    assert "is clean" in run("tools", "run", "clipping", clip).stdout
    module.write_text(source)
    (tmp_path / "q.csv").write_text("audio,question,choices\ntone.wav,Distorted?,yes|no\n")
    answers = tmp_path / "answers.json"
    run(
        *("batch", clip.parent, tmp_path / "q.csv", "-o", answers),
        *("--router", "tools:clipping", "--provider", tiny_model),
    )
    assert json.loads(answers.read_text())[0]["route"] == [{"tool": "clipping", "arguments": {}}]
    tested = environment.run_python("-m", "pytest", "-q", project / "tests")
    assert tested.returncode == 0, tested.stdout
    (listed,) = [
        p for p in json.loads(run("plugins", "list", "--json").stdout) if p["name"] == "clipping"
    ]
    assert listed["licence"] == "Apache-2.0" and listed["state"] == "ok"

    # In a new environment the lock file brings it back.
    again = make_environment(tmp_path / "settings")
    assert "clipping" not in names(again)
    assert "audiorouter-clipping 0.1.0: installed" in again.run("plugins", "sync").stdout
    assert "clipping" in names(again)
    assert "there already" in again.run("plugins", "sync").stdout

    removed = run("plugins", "uninstall", "clipping")
    assert removed.stderr.strip().endswith("--yes audiorouter-clipping")
    assert "clipping" not in names(environment)
    assert "names no plugin" in run("plugins", "sync").stderr


@pytest.mark.network
@pytest.mark.weights
def test_the_example_plugins_work_in_a_batch(make_environment, tmp_path, tone):
    environment = make_environment(tmp_path / "settings", "librosa")
    del environment.variables["PIP_NO_INDEX"]  # one needs the weights of a wheel of its own
    run = environment.run
    plugins = EXAMPLES / "plugins"
    run("plugins", "install", plugins / "audiorouter-gemini", plugins / "audiorouter-dnsmos")
    assert "gemini" in names(environment, "providers") and "dnsmos" in names(environment)
    found = run("tools", "run", "dnsmos", EXAMPLES / "clips" / "voicemail.flac").stdout
    assert "The speech quality is" in found
    clips = tone("high.wav", frequency=2000).parent
    tone("low.wav", frequency=200)
    (tmp_path / "q.csv").write_text(
        "audio,question,choices,answer\n"
        "high.wav,High or low?,high|low,high\nlow.wav,High or low?,low|high,low\n"
    )
    answers = tmp_path / "answers.json"
    with GeminiServer() as server:
        run(
            *("batch", clips, tmp_path / "q.csv", "-o", answers, "--provider", "gemini:ears"),
            *("-P", f"base_url={server.url}", "--router", "tools:dnsmos"),
            GEMINI_API_KEY="secret",
        )
    rows = json.loads(answers.read_text())
    assert [row["correct"] for row in rows] == [True, True]
    assert all(row["route"][0]["tool"] == "dnsmos" for row in rows)
    # What was installed from elsewhere cannot come back, and sync says what and why.
    lock = tmp_path / "settings" / "plugins.lock.json"
    locked = json.loads(lock.read_text())
    locked["plugins"]["audiorouter-gemini"]["files"] = "0" * 64
    locked["plugins"]["audiorouter-nowhere"] = {
        "spec": "audiorouter-nowhere", "editable": False, "version": "1.0", "files": None,
    }  # fmt: skip
    lock.write_text(json.dumps(locked))
    synced = run("plugins", "sync", code=1).stdout
    assert "audiorouter-dnsmos 0.1.0: there already" in synced
    assert "audiorouter-gemini 0.1.0: its files are not those that were locked" in synced
    assert "audiorouter-nowhere 1.0: `" in synced and "failed" in synced


def test_a_plugin_that_fails_is_not_kept(make_environment, tmp_path):
    environment = make_environment(tmp_path / "settings")
    run = environment.run
    project = tmp_path / "audiorouter-broken"
    run("plugins", "new", project)
    (project / "audiorouter_broken.py").write_text("import os\nos._exit(7)\n")
    refused = run("plugins", "install", project, code=2).stderr
    assert "broken is left out: importing it ended the process (exit code 7)" in refused
    assert "uninstalled again" in refused and "--force" in refused
    assert "broken" not in run("plugins", "list").stdout
    run("plugins", "install", "--force", project)
    listed = run("tools", "list")
    assert "transcribe" in listed.stdout and "plugins uninstall audiorouter-broken" in listed.stderr
    assert "there is no installed plugin" in run("plugins", "uninstall", "nothing", code=2).stderr

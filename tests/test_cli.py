import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
import typer
from commands import command, run, run_apart
from conftest import EXAMPLES

from audiorouter.cli.app import app
from audiorouter.store import Store

VOICEMAIL = EXAMPLES / "clips" / "voicemail.flac"


def commands(group, words=()):
    for name, sub in group.commands.items():
        if hasattr(sub, "commands"):
            yield from commands(sub, (*words, name))
        else:
            yield (*words, name), sub


ALL_COMMANDS = list(commands(typer.main.get_command(app)))


@pytest.mark.parametrize(("words", "sub"), ALL_COMMANDS, ids=lambda v: str(v))
def test_every_command_has_help_that_the_documentation_shows(words, sub):
    assert sub.help
    documentation = (EXAMPLES.parent / "docs" / "cli.md").read_text()
    assert f"## audiorouter {' '.join(words)}\n" in documentation


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["--help"], ["tools", "list"], ["routers", "list"]])
def test_listing_imports_nothing_heavy(arguments):
    code = (
        "import sys; sys.argv = ['audiorouter', *sys.argv[1:]]\n"
        "from audiorouter.cli.app import app\n"
        "try: app()\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'numpy', 'onnxruntime', 'madmom'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True)


def test_lists_are_json_on_demand():
    tools = json.loads(run("tools", "list", "--json").stdout)
    assert {"transcribe", "beats", "speakers"} <= {tool["name"] for tool in tools}
    assert all(tool["licence"] for tool in tools)
    for group in ("providers", "routers", "plugins", "models"):
        assert json.loads(run(group, "list", "--json").stdout)


def test_tools_show_prints_the_schema_of_the_arguments():
    shown = json.loads(run("tools", "show", "speakers", "--json").stdout)
    assert shown["parameters"]["properties"]["count"]["description"]
    assert "speakers" in run("tools", "show", "speakers").stdout


@pytest.mark.slow
def test_tools_run_on_a_clip_and_a_folder(clips, tone):
    tone("a.wav")
    soundfile.write(clips / "b.wav", [0.0] * 16_000, 16_000)
    found = json.loads(run("tools", "run", "loudness", clips, "--json").stdout)
    assert [item["cached"] for item in found] == [False, False]
    assert found[1]["text"] == "The clip is silent."
    again = json.loads(run("tools", "run", "loudness", clips, "--json").stdout)
    assert all(item["cached"] for item in again)
    (clips / "c.wav").write_text("no audio")
    assert "c.wav" in run("tools", "run", "loudness", clips, code=1).stdout


@pytest.mark.weights
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["tools", "run", "nothing", "x"], "no tool 'nothing'"),
        (["tools", "run", "loudness", "/nowhere.wav"], "no such file"),
        (["tools", "run", "sound_tags", VOICEMAIL, "--arg", "top=0"], "top"),
        (["ask", VOICEMAIL, "Q?", "--router", "magic"], "no router 'magic'"),
        (["ask", VOICEMAIL, "Q?", "--router", "tools:magic"], "'magic'"),
        (["ask", VOICEMAIL, "Q?", "--provider", "magic"], "no provider 'magic'"),
        (["batch", "/nowhere", "q.csv"], "no such folder"),
        (["models", "pull", "magic"], "no set of weights 'magic'"),
    ],
)
def test_bad_usage_exits_with_2_and_says_what_is_wrong(arguments, complaint):
    assert complaint in run(*arguments, code=2).stderr


def test_a_tool_that_is_named_and_lacks_something_says_what(tmp_path, clips, tone):
    tone("a.wav")
    (tmp_path / "q.csv").write_text("audio,question,choices\na.wav,What?,x|y\n")
    asked = ("batch", clips, tmp_path / "q.csv", "--router", "tools:loudness,transcribe")
    said = run(*asked, code=2, AUDIOROUTER_CACHE=tmp_path / "none").stderr
    assert "transcribe weights whisper-tiny-en are missing" in said and "models pull" in said


@pytest.mark.slow
@pytest.mark.weights
def test_ask_shows_route_findings_and_answer():
    waltz = EXAMPLES / "clips" / "waltz.flac"
    arguments = ["ask", waltz, "What is the tempo?"]
    for choice in ("60 BPM", "80 BPM", "100 BPM", "140 BPM"):
        arguments += ["-c", choice]
    answer = json.loads(run(*arguments, "--json").stdout)
    assert answer["prediction"] == "100 BPM"
    # Any tool of the beat says the tempo; which one the router likes best depends on its training.
    (call,) = answer["route"]
    assert call["tool"] in {"tempo", "beats", "beat_regularity"}
    assert answer["reason"].startswith(f"learned: {call['tool']}")
    assert "about 100 BPM" in answer["findings"][0]["text"]
    assert "answer: 100 BPM" in run(*arguments).stdout


@pytest.mark.slow
@pytest.mark.weights
def test_rows_with_errors_exit_with_1_and_the_rest_is_answered(clips, tone, tmp_path):
    tone("a.wav")
    (tmp_path / "q.csv").write_text("audio,question,choices\na.wav,What?,x|y\nb.wav,What?,x|y\n")
    done = run("batch", clips, tmp_path / "q.csv", "--router", "none", code=1)
    assert done.stdout.count("\n") == 3 and "no clip b.wav" in done.stdout
    assert "1 of 2 questions answered" in done.stderr


def test_store_commands(tmp_path, own_store):
    for arguments in (["stats"], ["export", "runs"], ["backup", tmp_path / "copy.db"]):
        assert f"{own_store}: there is none" in run("store", *arguments, code=2).stderr
    assert not own_store.parent.exists() and not (tmp_path / "copy.db").exists()
    assert "0 rows deleted" in run("store", "prune", "--days", "1", "--yes").stdout
    assert json.loads(run("store", "stats", "--json").stdout)["tool_calls"] == 0
    assert run("store", "path").stdout.strip().endswith("store.db")
    run("store", "backup", tmp_path / "copy.db")
    assert "--overwrite" in run("store", "backup", tmp_path / "copy.db", code=2).stderr
    run("store", "backup", tmp_path / "copy.db", "--overwrite")
    assert run("store", "export", "runs").stdout == ""


def test_prune_deletes_what_it_said_and_only_when_it_is_told_to(own_store):
    with Store(own_store) as store:
        store.finish_run(store.start_run(Path("q.csv"), Path("clips"), "{}"), "finished")
    with sqlite3.connect(own_store) as connection:
        connection.execute("UPDATE runs SET started = '2020-01-01 00:00:00'")
    assert "1 row would be deleted" in run("store", "prune", "--days", "9", "--dry-run").stdout
    refused = run("store", "prune", "--days", "9", code=2).stderr
    assert "nothing was deleted; --yes deletes 1 row" in refused
    assert "0 rows would" in run("store", "prune", "--days", "99999", "--dry-run").stdout
    assert "1 row deleted" in run("store", "prune", "--days", "9", "--yes").stdout
    assert "0 rows deleted" in run("store", "prune", "--days", "9", "--yes").stdout


@pytest.mark.slow
def test_output_may_be_cut_off():
    line = " ".join(command("tools", "show", "speakers"))
    done = subprocess.run(f"{line} | head -1", shell=True, capture_output=True, text=True)
    assert "Traceback" not in done.stderr


def test_bench_measures_tools_and_routing_uses_what_it_measured(own_store):
    from audiorouter.batch.options import EngineOptions
    from audiorouter.learning.outcome_source import OutcomeSource
    from audiorouter.plugins import load_registry
    from audiorouter.plugins.opening import open_reasoner
    from audiorouter.store import Store
    from audiorouter.toolbox.costs import Source

    costs = json.loads(
        run(
            *("tools", "bench", VOICEMAIL, "--tool", "loudness", "--tool", "silences", "--json")
        ).stdout
    )
    assert [cost["tool"] for cost in costs] == ["loudness", "silences"]
    for cost in costs:
        assert cost["seconds_a_minute"] > 0 and cost["clips"] == 1
        own, shared = cost["own_seconds_a_minute"], sum(cost["shared"].values())
        assert own + shared == pytest.approx(cost["seconds_a_minute"], abs=1e-3)
    assert "envelope" in costs[0]["shared"]
    registry = load_registry(third_party=False)
    with Store(own_store) as store:
        reasoner = open_reasoner(registry, "cascade")
        read = OutcomeSource(registry, reasoner, store, EngineOptions()).costs.by_tool
    assert read["loudness"].source is Source.MEASURED
    assert read["loudness"].rate == pytest.approx(costs[0]["seconds_a_minute"] / 60)
    assert read["loudness"].shared["envelope"] == costs[0]["shared"]["envelope"] / 60
    assert "no such file" in run("tools", "bench", "nowhere.wav", code=2).stderr


@pytest.mark.weights
def test_licence_is_shown_and_chosen(monkeypatch):
    assert "with --licence commercial it is left out" in run("tools", "list", "--json").stdout
    assert "tempo\tmusic\tyes\tno\t" in run("tools", "list").stdout
    monkeypatch.setenv("AUDIOROUTER_ALLOWED_WEIGHTS", "yamnet")
    assert "with --licence commercial librosa stands in" in run("tools", "list", "--json").stdout
    assert "tempo\tmusic\tyes\tby librosa\t" in run("tools", "list").stdout
    chosen = json.loads(run("--licence", "commercial", "tools", "list", "--json").stdout)
    assert not [tool for tool in chosen if "NC" in tool["licence"].replace("ISC", "")]
    key = next(tool for tool in chosen if tool["name"] == "key")
    assert key["licence"].startswith("ISC") and "CC BY-NC-SA" in key["remark"]
    text = run("tools", "show", "key").stdout
    assert "licence of madmom-chords: CC BY-NC-SA 4.0" in text and '"properties"' in text


@pytest.mark.slow
def test_pushing_what_is_no_router_or_without_a_hub_says_so(tmp_path):
    assert "no trained router" in run("routers", "push", tmp_path, "me/router", code=2).stderr
    trained = EXAMPLES.parent / "audiorouter" / "routing" / "trained" / "cascade"
    # The hub's library reads its settings once a process.
    done = run_apart(
        *("routers", "push", trained, "me/router"),
        code=2, HF_ENDPOINT="http://127.0.0.1:9", HF_TOKEN="hf_x",
    )  # fmt: skip
    assert "cannot be put on the hub as me/router" in done.stderr


def test_runs_of_a_store_that_may_not_be_written_are_shown(tmp_path, monkeypatch):
    store = tmp_path / "kept" / "store.db"
    Store(store).close()
    store.chmod(0o400)
    store.parent.chmod(0o500)
    # For root nothing is forbidden.
    monkeypatch.setattr("os.access", lambda path, how: how != os.W_OK)
    before = store.read_bytes()
    try:
        assert "no run in the store yet" in run("--db", store, "runs", "list").stderr
        said = run("--db", store, "store", "prune", "--days", 1, "--dry-run").stdout
        assert said == "0 rows would be deleted\n"
    finally:
        store.parent.chmod(0o700)
    assert store.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["tools", "run", "tempos", "x.wav"], "tempo"),
        (["models", "pull", "Yamnett"], "yamnet"),
        (["ask", VOICEMAIL, "Why?", "--router", "rulse"], "rules"),
        (["ask", VOICEMAIL, "Why?", "--provider", "opnai:x"], "openai"),
    ],
)  # fmt: skip
def test_what_is_mistyped_is_told_what_may_be_meant(arguments, meant):
    said = run(*arguments, code=2).stderr
    assert f"did you mean '{meant}'?" in said and "known:" in said


def test_a_model_without_its_provider_is_told_where_it_goes():
    assert "openai:gpt-4o" in run("ask", VOICEMAIL, "Why?", "--provider", "gpt-4o", code=2).stderr

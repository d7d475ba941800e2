"""Every hook as docs/plugins.md shows it, and plugins that misbehave in every way."""

import asyncio
import json
import time
from unittest.mock import Mock

import numpy as np
import pytest
from commands import run_in
from plugin_snippets import GOOD, SNIPPETS, shown_below

from audiorouter.plugins.hooks import HookRunner, Hooks

pytestmark = pytest.mark.slow


def test_the_document_shows_every_hook():
    from audiorouter.plugins import hookspecs

    hooks = {name for name in vars(hookspecs) if hasattr(vars(hookspecs)[name], "audiorouter_spec")}
    assert hooks == set(SNIPPETS)


def test_every_hook_of_the_document_works_in_one_batch(
    with_plugins, tone, clips, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    environment = with_plugins(**{f"doc_{name}": source for name, source in SNIPPETS.items()})
    tone("a.wav", seconds=1)
    wave = 16_000 * np.sin(2 * np.pi * 440 * np.arange(6 * 16_000) / 16_000)
    wave.astype("<i2").tofile(clips / "b.pcm16")
    (tmp_path / "q.csv").write_text(
        "audio,question,choices,answer\n"
        "a.wav,Which?,first|second,first\n"
        "b.pcm16,Say it carefully,,Carefully\n"
    )
    listed = json.loads(run_in(environment, "plugins", "list", "--json").stdout)
    registered = {label for plugin in listed for label in plugin["registers"]}
    assert {"tool level", "provider echo", "router by-length", "files .pcm16"} <= registered
    assert {"hook prepare_request", "hook judge_answer", "hook answered"} <= registered
    assert "hello" in run_in(environment, "--help").stdout
    assert run_in(environment, "hello", "--name", "there").stdout == "hello there\n"
    found = run_in(environment, "tools", "run", "level", clips / "a.wav", "--arg", "start=0.5")
    assert "30% of full scale" in found.stdout
    answers = tmp_path / "answers.json"
    run_in(
        environment,
        *("batch", clips, tmp_path / "q.csv", "--provider", "echo", "--router", "by-length"),
        *("-o", answers),
    )
    first, second = json.loads(answers.read_text())
    assert first["prediction"] == "first" and first["route"] == []
    assert second["prediction"] == "Listen carefully. Say it carefully" and second["correct"]
    assert second["route"] == [{"tool": "transcribe", "arguments": {}}]
    assert (tmp_path / "answers.log").read_text().split("\n")[0] == "1 first"


def test_the_emotion_tool_of_the_document_says_how_to_get_its_model(with_plugins, tone):
    environment = with_plugins(
        emotion=shown_below("A model from the hub: the emotion of a voice")
    ) | {"HF_HUB_OFFLINE": "1"}
    shown = json.loads(run_in(environment, "tools", "show", "speech_emotion", "--json").stdout)
    assert shown["domain"] == "speech"
    done = run_in(environment, "tools", "run", "speech_emotion", tone("a.wav"), code=1)
    assert "hf download superb/wav2vec2-base-superb-er" in done.stdout + done.stderr


HOSTILE = {
    "exits_hard": ("import os\nos._exit(3)", "importing it ended the process (exit code 3)"),
    "segfaults": ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
    "exits": ("import sys\nsys.exit(1)", "SystemExit"),
    "from_the_future": ("audiorouter_api = 99", "written for version 99"),
    "taken_file": (
        SNIPPETS["register_audio_sources"] + "\nRaw.suffixes = ('.a', '.a')",
        "decoded by another plugin",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_plugin_is_left_out_and_named(with_plugins, name):
    source, complaint = HOSTILE[name]
    environment = with_plugins(**{name: source, "good": GOOD})
    for _ in range(2):  # the second time from what is remembered
        done = run_in(environment, "tools", "list")
        assert "hello" in done.stdout and "transcribe" in done.stdout
        assert name in done.stderr and complaint in done.stderr
    assert run_in(environment, "--help").stderr == ""


def test_what_a_plugin_prints_does_not_get_between_the_data(with_plugins, tone):
    loud = GOOD.replace("register(Hello())", "print('MORE'); register(Hello())")
    environment = with_plugins(noisy=f"print('NOISE')\n{loud}")
    done = run_in(environment, "tools", "run", "hello", tone(), "--json")
    assert json.loads(done.stdout)[0]["text"] == "Hello."
    assert "NOISE" in done.stderr and "MORE" in done.stderr


def test_a_slow_plugin_is_imported_only_when_it_is_used(with_plugins, tone, tmp_path):
    counter = tmp_path / "imports"
    environment = with_plugins(
        slow=f"import time\ntime.sleep(1.5)\nopen({str(counter)!r}, 'a').write('x')\n{GOOD}"
    )
    run_in(environment, "plugins", "list")  # a child process imports it, once
    assert counter.read_text() == "x"
    for arguments in (["--help"], ["tools", "list"], ["providers", "list"], ["plugins", "list"]):
        run_in(environment, *arguments)
    assert "hello" in run_in(environment, "tools", "list").stdout
    assert counter.read_text() == "x"
    assert "Hello." in run_in(environment, "tools", "run", "hello", tone()).stdout


@pytest.mark.parametrize(
    ("hook", "source"),
    [
        ("prepare_request", "def prepare_request(request): 1 / 0"),
        ("prepare_request", "def prepare_request(request): return 'nonsense'"),
        ("judge_answer", "def judge_answer(question): raise SystemExit(3)"),
        ("answered", "def answered(row): row['no such field']"),
    ],
)
def test_a_hook_that_fails_is_passed_over(with_plugins, tone, tmp_path, hook, source):
    environment = with_plugins(
        failing=f"from audiorouter import hookimpl\n@hookimpl\n{source}",
        echo=SNIPPETS["register_providers"],
    )
    clip = tone()
    (tmp_path / "q.csv").write_text("audio,question,choices,answer\ntone.wav,Which?,a|b,a\n")
    done = run_in(
        environment,
        *("batch", clip.parent, tmp_path / "q.csv", "--provider", "echo", "--router", "none"),
        *("-o", tmp_path / "a.json"),
    )
    assert json.loads((tmp_path / "a.json").read_text())[0]["correct"] is True
    assert done.stderr.count(f"plugin failing file: {hook} failed and was passed over") == 1


def test_reading_what_a_hook_gives_is_bounded_and_a_hook_that_is_late_is_not_called_again():
    """Three questions at once: the other two wait for their turn while the first is late."""
    calls = []

    class Undecided:
        shape = ()

        def item(self):
            time.sleep(30)

    def judge_answer(question, answer):
        calls.append(question)
        return Undecided()

    hooks = Hooks()
    hooks.add(
        "judge_answer", "late 1", Mock(function=judge_answer, argnames=["question", "answer"])
    )

    async def judge():
        runner = HookRunner(hooks, seconds=0.3)
        judging = asyncio.gather(*(runner.judge(None, None) for _ in range(3)))
        beats = 0
        while not judging.done():
            await asyncio.sleep(0.01)
            beats += 1
        runner.close()
        return beats, judging.result()

    started = time.monotonic()
    beats, opinions = asyncio.run(judge())
    assert opinions == [None] * 3 and len(calls) == 1
    assert beats > 5 and time.monotonic() - started < 5


LINGERS = """
import atexit, pathlib, threading, time
from concurrent.futures import ThreadPoolExecutor

folder = pathlib.Path(__file__).parent
log = open(folder / "unflushed", "w")
log.write("kept")
atexit.register((folder / "at_exit").write_text, "kept")
pool = ThreadPoolExecutor()
pool.submit(int)

def write_later():
    time.sleep(0.5)
    (folder / "on_a_thread").write_text("kept")

threading.Thread(target=write_later).start()

class Lingers:
    def __del__(self):
        time.sleep(600)

lingers = Lingers()
"""


@pytest.mark.parametrize("command", ["batch", "tools"])
def test_finalisers_that_never_end_hold_up_no_end(with_plugins, tone, clips, tmp_path, command):
    """What plugins do at exit is done, and what they have written is in their files."""
    environment = with_plugins(lingers=LINGERS, echo=SNIPPETS["register_providers"])
    run_in(environment, "tools", "list")  # both are looked at in a process of their own first
    tone("a.wav")
    (tmp_path / "q.csv").write_text("audio,question,choices\na.wav,Which?,first|second\n")
    asked = ["batch", clips, tmp_path / "q.csv", "--provider", "echo", "--router", "none"]
    started = time.monotonic()
    done = run_in(environment, *(asked if command == "batch" else ["tools", "list"]))
    assert time.monotonic() - started < 8 and done.stdout
    written = [tmp_path / "plugins" / name for name in ("unflushed", "at_exit", "on_a_thread")]
    assert [file.read_text() for file in written] == ["kept"] * 3

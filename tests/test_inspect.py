"""Inspect runs its tasks with our router, tools and reasoners: real evaluations, and their logs."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from environments import ROOT, build_wheel

PAGE = (ROOT / "docs" / "inspect.md").read_text("utf-8")
LOOK = """
import json, sys
from inspect_ai.log import list_eval_logs, read_eval_log

(info,) = list_eval_logs(sys.argv[1])
log = read_eval_log(info)
assert log.status == "success", log.error
print(json.dumps([
    {
        "route": sample.metadata.get("audiorouter"),
        "model": (sample.output.metadata or {}).get("audiorouter"),
        "prompt": next(m for m in sample.messages if m.role == "user").text,
        "answer": sample.output.completion,
        "score": sample.scores["choice"].value,
        "told": [event.data["route"] for event in sample.events if event.event == "info"],
    }
    for sample in log.samples
]))
"""
PARTS = """
import base64, sys
from pathlib import Path
from inspect_ai.model import ChatMessageUser, ContentAudio, ContentText
from inspect_ai.solver import multiple_choice
from inspect_ai.solver._multiple_choice import MultipleChoiceTemplate, prompt
from inspect_ai.solver._task_state import Choices
from audiorouter.errors import ClipError
from audiorouter.inspect_ai.samples import clip_of, taken_apart
from audiorouter.inspect_ai.sessions import router_name

question = 'What does "A) it" mean?\\n\\nA) this\\nis no choice'
choices = ("one\\nof two lines", "B) two", "three", "four")
many = tuple(f"number {n}" for n in range(40))
for template in MultipleChoiceTemplate:
    for offered in (choices, many[:26], many[:27], many):
        asked = taken_apart(prompt(question, Choices(list(offered)), template.value))
        assert asked == (question, offered), (template, asked)
assert taken_apart("Describe it.\\n\\nA) shortly") == ("Describe it.\\n\\nA) shortly", ())

def message(*audio):
    parts = [ContentAudio(audio=one, format="wav") for one in audio]
    return [ChatMessageUser(content=[ContentText(text="What?"), *parts])]

wav = Path(sys.argv[1]).read_bytes()
data = "data:audio/wav;base64," + base64.b64encode(wav).decode()
assert clip_of(message(data)).read_bytes() == wav
assert clip_of(message("a.wav")) == Path("a.wav")
for wrong in ([], ["a.wav", "b.wav"], ["https://example.org/a.wav"], ["data:audio/wav;base64,?"]):
    try:
        clip_of(message(*wrong))
    except ClipError as error:
        print(error)
    else:
        raise AssertionError(wrong)
assert router_name(None, "tempo,key") == "tools:tempo,key" and router_name("rules", None) == "rules"
"""
FAULTS = """
import asyncio, os, sys
from inspect_ai.model import ChatMessageUser, ContentAudio, ContentText
from inspect_ai.solver import TaskState
from audiorouter.errors import AudioRouterError
from audiorouter.inspect_ai import tool_findings

def solved(*audio, question="How loud is it?", choices=(), **arguments):
    parts = [ContentAudio(audio=one, format="wav") for one in audio]
    asked = [ChatMessageUser(content=[ContentText(text=question), *parts])]
    state = TaskState("mockllm/model", 1, 1, asked, asked, choices=list(choices))
    return asyncio.run(tool_findings(workers=1, **arguments)(state, None))

tone = sys.argv[1]
for audio in ((), (tone, tone), ("gone.wav",), (__file__,)):
    for hears in (True, False):
        state = solved(*audio, tools="loudness", hears=hears)
        assert state.user_prompt.text == "How loud is it?", audio
        left = [part.type for part in state.user_prompt.content]
        assert left == ["text", *["audio"] * len(audio) * hears], (audio, left)
    print("sample:", state.metadata["audiorouter"]["error"])
print("sample:", solved(tone, choices=["yes"]).metadata["audiorouter"]["error"])
print("sample:", solved(tone, question=" ").metadata["audiorouter"]["error"])
for wrong in ({"router": "ruels"}, {"max_calls": 0}, {"tools": "key"}):
    if "tools" in wrong:
        os.environ["AUDIOROUTER_DB"] = __file__
    try:
        solved(tone, **wrong)
    except AudioRouterError as error:
        print(f"all: {type(error).__name__}: {error}")
    else:
        raise AssertionError(wrong)
"""
DECODES = """
import os, sys
from pathlib import Path
import numpy as np
import soundfile
from audiorouter.batch.options import EngineOptions
from audiorouter.clips import AudioSource
from audiorouter.decoding import Samples
from audiorouter.inspect_ai import questions_dataset
from audiorouter.plugins import load_registry

os.environ["ASKED_BY"] = str(os.getpid())

class Plugin(AudioSource):
    suffixes = (".seconds",)

    def read(self, path):
        apart = os.environ["ASKED_BY"] != str(os.getpid())
        return Samples(np.full((1, 1000), 0.5 * apart, np.float32), 1000)

if __name__ == "__main__":
    registry = load_registry(third_party=False)
    registry.sources[".seconds"] = Plugin()
    EngineOptions.load_registry = lambda self: registry
    Path("a.seconds").write_text("anything")
    Path("q.csv").write_text("question,choices,answer\\nHow long?,short|long,short\\n")
    (sample,) = questions_dataset("q.csv", ".")
    audio, rate = soundfile.read(sample.input[0].content[1].audio)
    assert rate == 1000 and np.allclose(audio, 0.5), (rate, audio)
"""

pytestmark = [pytest.mark.slow, pytest.mark.network, pytest.mark.weights]


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """Of an environment with Inspect and this AudioRouter; the rest is what is installed here.

    Inspect wants older versions of some packages than are installed here, and has them beside.
    """
    folder = tmp_path_factory.mktemp("inspect")
    venv.create(folder / "venv")
    found = folder / "venv" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(found), "install", "-q", "--no-compile"]
    (inspect,) = re.findall(r'^inspect = \["(.+)"\]$', (ROOT / "pyproject.toml").read_text(), re.M)
    subprocess.run([*install, inspect], check=True, timeout=600)
    wheel = build_wheel(folder)
    subprocess.run([*install, "--no-deps", "--no-index", str(wheel)], check=True, timeout=120)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    here = [path for path in sys.path if path.endswith("site-packages")]
    (site / "here.pth").write_text("\n".join(here))
    return found


@pytest.fixture
def evaluate(python, tmp_path):
    """Runs a line of Inspect's command in a folder with the examples; gives the samples' logs."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    hidden = {"PYTHONPATH", "INSPECT_LOG_DIR"}
    variables = {name: value for name, value in os.environ.items() if name not in hidden}

    def run(line: str, *more: str) -> list[dict]:
        program, *words = shlex.split(line)
        command = [python.with_name(program), *words, *more]
        command += ["--log-dir", "logs", "--display", "none"]
        done = subprocess.run(
            command, cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=1_800
        )
        assert done.returncode == 0, (done.stdout[-3000:], done.stderr[-3000:])
        looked = subprocess.run(
            [python, "-c", LOOK, "logs"],
            cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert looked.returncode == 0, looked.stderr[-3000:]
        return json.loads(looked.stdout)

    return run


def lines() -> list[str]:
    """What the page says to type."""
    return re.findall(r"^inspect eval .*$", PAGE, re.M)


def test_ten_questions_have_a_route_in_the_log_and_findings_in_the_prompt(evaluate):
    _, line = lines()
    # In the place of a server a model that is here.
    line = line.replace("openai/gpt-audio", "audiorouter/cascade -M router=none")
    samples = evaluate(line, "--limit", "10")
    assert len(samples) == 10
    for sample in samples:
        told = sample["route"]
        assert told["route"] and told["reason"].startswith("rules: ") and told["error"] is None
        assert sample["told"] == [told["route"]]
        texts = [finding["text"] for finding in told["findings"]]
        found = [text for text in texts if not text.startswith("Not measured")]
        assert all(json.dumps(text, ensure_ascii=False) in sample["prompt"] for text in found)
        assert ("quotation marks is an instruction" in sample["prompt"]) == bool(found)
        assert re.fullmatch("ANSWER: [A-D]", sample["answer"]) and not sample["model"]["route"]
        assert sample["score"] in ("C", "I")


def test_our_own_model_answers_with_its_own_tools(evaluate):
    first, _ = lines()
    samples = evaluate(first, "--limit", "2")
    for sample in samples:
        assert sample["route"] is None and "quotation marks" not in sample["prompt"]
        assert sample["model"]["route"] and len(sample["model"]["probabilities"]) in (3, 4)


def test_the_task_of_the_page_runs(evaluate, tmp_path):
    (program,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    (tmp_path / "task.py").write_text(program)
    (sample,) = evaluate(
        "inspect eval task.py --model audiorouter/cascade -M router=none --limit 1"
    )
    assert sample["route"]["findings"]


def test_more_choices_than_there_are_letters_are_asked_and_scored(evaluate, tmp_path, tone):
    """Inspect marks them by numbers; each choice is right once where it is the only answer."""
    tone("0.wav")
    choices = [f"number {n}" for n in range(28)]
    lines = [f"0.wav,Which of them?,{'|'.join(choices)},{answer}" for answer in choices]
    (tmp_path / "many.csv").write_text("\n".join(["audio,question,choices,answer", *lines]))
    samples = evaluate(
        "inspect eval audiorouter/questions -T questions=many.csv -T clips=clips "
        "--model audiorouter/cascade -M router=none"
    )
    assert [sample["score"] for sample in samples].count("C") == 1
    assert len(samples[0]["model"]["probabilities"]) == 28


def test_what_is_wrong_with_a_sample_is_its_own_and_all_else_ends_the_evaluation(
    python, tone, tmp_path
):
    """A router that is misspelt would else leave every sample without tools, and say success."""
    script = tmp_path / "faults.py"
    script.write_text(FAULTS)
    done = subprocess.run(
        [python, script, str(tone())], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    *samples, router, calls, store = done.stdout.splitlines()
    assert samples == [
        "sample: the prompt has 0 recordings: tools listen to one",
        "sample: the prompt has 2 recordings: tools listen to one",
        "sample: gone.wav: no such file",
        f"sample: {script}: not readable as audio (Format not recognised)",
        "sample: choices: give two or more different ones, or none",
        "sample: the question is empty",
    ]
    assert "UsageError: there is no router 'ruels'" in router and "max_calls is 0" in calls
    assert store.startswith("all: StoreError: ")


def test_clips_of_a_task_are_decoded_by_plugins_and_in_a_process_apart(python, tmp_path):
    script = tmp_path / "decodes.py"
    script.write_text(DECODES)
    done = subprocess.run(
        [python, script], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr


def test_prompts_are_taken_apart_as_they_were_put_together(python, tone):
    done = subprocess.run(
        [python, "-c", PARTS, str(tone())], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "the prompt has 0 recordings: tools listen to one",
        "the prompt has 2 recordings: tools listen to one",
        "the recording is a URL (https://example.org/a.wav); download it first",
        "the data of the recording are not base64",
    ]

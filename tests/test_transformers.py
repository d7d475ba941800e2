"""Eight families and one more, each a tiny checkpoint loaded from disk as the large ones are."""

import gc
import shutil
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch
from checkpoints import HEARING
from conftest import EXAMPLES

from audiorouter import BatchOptions, Request, run_batch
from audiorouter.batch.reasoning.orders import in_order, orders_of
from audiorouter.errors import ReasonerError, UsageError
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner, usable_tools
from audiorouter.providers import Evidence
from audiorouter.providers.audio import ClipCache
from audiorouter.providers.checkpoints import Checkpoint
from audiorouter.providers.transformers.answering import halving
from audiorouter.providers.transformers.families import FAMILIES
from audiorouter.providers.transformers.model import _load_adapter
from audiorouter.toolbox import ToolCall

pytestmark = pytest.mark.slow

REGISTRY = load_registry(third_party=False)


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    """Clips of four lengths and three rates."""
    folder = tmp_path_factory.mktemp("heard")
    noise = np.random.default_rng(0)
    made = []
    for hertz, seconds, rate in ((300, 1.0, 16_000), (2500, 2.3, 44_100), (700, 0.6, 8_000)):
        time = np.arange(int(seconds * rate)) / rate
        wave = 0.3 * np.sin(2 * np.pi * hertz * time) + noise.normal(0, 0.02, len(time))
        path = folder / f"{hertz}.wav"
        soundfile.write(path, wave, rate)
        made.append(path)
    return made


def requests(heard):
    found = (Evidence(ToolCall("tempo"), 'The tempo is "120 BPM".'),)
    asked = (
        (0, "Is it high or low?", ("high", "low"), ()),
        (1, "How many times does the dog bark in it?", ("one", "two", "three"), found),
        (2, "x?", ("yes", "no"), ()),
        (0, "What is heard here?", ("a dog", "a cat", "a bell", "rain"), found),
    )
    return [Request(heard[i], str(heard[i]), q, c, f) for i, q, c, f in asked]


def probabilities(answers):
    return np.concatenate([answer.probabilities for answer in answers])


@pytest.mark.parametrize("name", HEARING)
def test_a_batch_gives_what_single_questions_give(name, checkpoint, heard):
    reasoner = open_reasoner(REGISTRY, f"transformers:{checkpoint(name)}")
    asked = requests(heard)
    together, alone = reasoner.answer(asked), [reasoner.answer([one])[0] for one in asked]
    assert np.abs(probabilities(together) - probabilities(alone)).max() <= 1e-4
    # It hears: another clip, other probabilities; and it reads what tools found.
    deaf = [Request(heard[1], "other", r.question, r.choices, r.findings) for r in asked[:1]]
    assert np.abs(probabilities(reasoner.answer(deaf)) - together[0].probabilities).max() > 1e-5
    told = [Request(r.clip, r.audio_hash, r.question, r.choices, asked[1].findings) for r in asked]
    assert np.abs(probabilities(reasoner.answer(told[:1])) - together[0].probabilities).max() > 1e-5


@pytest.mark.parametrize("name", HEARING)
def test_writing_is_the_same_in_a_batch_and_alone(name, checkpoint, heard):
    model = f"transformers:{checkpoint(name)}"
    reasoner = open_reasoner(REGISTRY, model, {"answer": "generate", "max_new_tokens": 4})
    asked = requests(heard)
    # Random weights know no end: what they write is cut off, and each row says what it was.
    together = [str(error) for error in reasoner.answer(asked)]
    assert together == [str(reasoner.answer([one])[0]) for one in asked]
    assert all("cut off" in error and "max_new_tokens" in error for error in together)


@pytest.mark.parametrize("name", HEARING)
@pytest.mark.parametrize("answer", ["score", "generate"])
def test_what_is_about_words_alone_is_asked_without_the_clip(name, answer, checkpoint, heard):
    reasoner = open_reasoner(REGISTRY, f"transformers:{checkpoint(name)}", {"answer": answer})
    nowhere = heard[0].with_name("no such clip.wav")
    words = Request(nowhere, "?", "Do they mean the same?", ("yes", "no"), text_only=True)
    _, given, _ = reasoner.answer([requests(heard)[0], words, requests(heard)[2]])
    alone = reasoner.answer([words])[0]
    if isinstance(alone, ReasonerError):  # random weights write on until they are cut off
        assert str(given) == str(alone)
    else:
        assert (given.text, given.index) == (alone.text, alone.index)


@pytest.fixture(scope="module")
def all_tools(checkpoint, tmp_path_factory):
    """Asks a family about two clips, with all tools; what they find is kept for the next one."""
    folder = tmp_path_factory.mktemp("all")
    (folder / "clips").mkdir()
    for clip in ("cowbell", "violin_note"):
        shutil.copy(EXAMPLES / "clips" / f"{clip}.flac", folder / "clips")
    (folder / "questions.csv").write_text("question,choices\nWhat is heard?,a bell|a violin\n")

    def ask(name):
        options = BatchOptions(
            provider=f"transformers:{checkpoint(name)}", router="all", store=folder / "store.db"
        )
        return run_batch(folder / "clips", folder / "questions.csv", options)

    assert ask(next(iter(HEARING))).tools.calls_run > 0
    return ask


@pytest.mark.weights
@pytest.mark.parametrize("name", HEARING)
def test_every_family_answers_a_batch_with_all_tools(name, all_tools):
    result = all_tools(name)
    assert result.failed == 0, [row.complaint for row in result.rows]
    considered = set(usable_tools(REGISTRY))  # all but the experimental one
    assert len(considered) == len(REGISTRY.tools) - 1
    assert all({call.tool for call in row.route.calls} == considered for row in result.rows)
    assert result.tools.calls_run == 0, "findings are shared by all reasoners"


LEAKING = ["qwen3_omni", "phi4_multimodal", "granite_speech"]


@pytest.mark.parametrize("name", LEAKING)
def test_families_that_are_kept_apart_by_length_have_to_be(name, checkpoint, heard, monkeypatch):
    for kind, family in FAMILIES.items():
        monkeypatch.setitem(FAMILIES, kind, replace(family, pads_clips=True))
    reasoner = open_reasoner(REGISTRY, f"transformers:{checkpoint(name)}")
    asked = requests(heard)
    together, alone = reasoner.answer(asked), [reasoner.answer([one])[0] for one in asked]
    assert np.abs(probabilities(together) - probabilities(alone)).max() > 0.01


def test_shuffled_choices_give_the_mean_over_the_orders(checkpoint, heard, tmp_path):
    model = f"transformers:{checkpoint('qwen2_audio')}"
    choices = ("a dog", "a cat", "a bell")
    (tmp_path / "q.csv").write_text("question,choices\nWhat is it?,a dog|a cat|a bell\n")
    for clip in heard[:1]:
        shutil.copy(clip, tmp_path)
    options = BatchOptions(provider=model, router="none", shuffle_choices=4)
    (row,) = run_batch(tmp_path, tmp_path / "q.csv", options).rows
    request = Request(heard[0], "h", "What is it?", choices)
    orders = orders_of(request, 4)
    answers = open_reasoner(REGISTRY, model).answer([in_order(request, o) for o in orders])
    means = np.zeros(3)
    for order, answer in zip(orders, answers, strict=True):
        means[list(order)] += np.array(answer.probabilities) / 4
    assert len({answer.probabilities for answer in answers}) == 4  # the order does matter
    assert row.answer.probabilities == pytest.approx(means, abs=1e-4)
    assert row.prediction == choices[int(means.argmax())]


def test_the_prior_is_what_the_letters_are_worth_without_hearing(checkpoint, heard):
    model = f"transformers:{checkpoint('qwen2_audio')}"
    asked = requests(heard)
    plain = open_reasoner(REGISTRY, model).answer(asked)
    corrected = open_reasoner(REGISTRY, model, {"prior": "true"}).answer(asked)
    assert np.abs(probabilities(plain) - probabilities(corrected)).max() > 1e-3


def test_a_long_clip_is_cut_with_a_warning(checkpoint, tmp_path, caplog):
    longest = FAMILIES["qwen2_audio"].longest
    time = np.arange(int((longest + 5) * 16_000)) / 16_000
    wave = 0.3 * np.sin(2 * np.pi * (200 + 20 * time) * time)
    soundfile.write(tmp_path / "long.wav", wave, 16_000)
    soundfile.write(tmp_path / "cut.wav", wave[: int(longest * 16_000)], 16_000)
    reasoner = open_reasoner(REGISTRY, f"transformers:{checkpoint('qwen2_audio')}")
    long, cut = (
        reasoner.answer([Request(tmp_path / name, name, "High?", ("yes", "no"))])[0]
        for name in ("long.wav", "cut.wav")
    )
    assert long.probabilities == cut.probabilities
    assert "long.wav: 35 s long; the model hears the first 30 s" in caplog.text


def test_what_is_kept_of_a_long_clip_is_what_is_heard(checkpoint, tmp_path):
    soundfile.write(tmp_path / "hour.wav", np.full(600 * 16_000, 0.1, np.float32), 16_000)
    reasoner = open_reasoner(REGISTRY, f"transformers:{checkpoint('qwen2_audio')}")
    gc.collect()
    tracemalloc.start()
    reasoner.answer([Request(tmp_path / "hour.wav", "hour", "High?", ("yes", "no"))])
    gc.collect()
    held, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most > 38e6, "ten minutes were decoded"
    assert held < 10e6, "30 s are 2 MB"


def test_clips_are_kept_by_their_bytes_and_the_last_one_always():
    kept = ClipCache(100)
    for name in "abc":
        kept.add(name, name, 40)
    assert [kept.get(name) for name in "abc"] == [None, "b", "c"]
    kept.get("b")
    kept.add("d", "d", 40)
    assert [kept.get(name) for name in "bcd"] == ["b", None, "d"]
    kept.add("large", "large", 1000)
    assert [kept.get(name) for name in ("b", "d", "large")] == [None, None, "large"]


def test_a_batch_that_does_not_fit_is_halved(heard):
    sizes = []

    def work(some):
        sizes.append(len(some))
        if len(some) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return [request.question for request in some]

    asked = requests(heard) * 2
    assert halving(work, asked) == [request.question for request in asked]
    assert sizes == [8, 4, 2, 2, 4, 2, 2]

    def never(some):
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(ReasonerError, match=r"300\.wav: take a smaller model"):
        halving(never, asked[:1])


def test_what_decides_an_answer_is_in_the_identity(checkpoint, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(checkpoint("qwen2_audio"), folder)
    model = f"transformers:{folder}"

    def identity(**options):
        return open_reasoner(REGISTRY, model, options).identity

    usual = identity()
    different = [
        identity(answer="generate"),
        identity(dtype="bfloat16"),
        identity(prior="true"),
        identity(max_new_tokens=5),
        identity(quantization="4bit"),
    ]
    assert len({usual, *different}) == 1 + len(different)
    assert identity(device_map="cpu") == usual
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00")
    assert identity() != usual


@pytest.mark.parametrize(
    ("model", "options", "complaint"),
    [
        ("transformers", {}, "name a model"),
        ("transformers:/nowhere", {}, "neither a folder nor a hub id"),
        ("transformers:EMPTY", {}, "no config.json"),
        ("transformers:EMPTY", {"colour": "red"}, "there is no option 'colour' .* answer, prior"),
        ("cascade", {"base_url": "http://x"}, "base_url"),
    ],
)
def test_what_cannot_be_opened_says_why(model, options, complaint, tmp_path):
    with pytest.raises(UsageError, match=complaint):
        open_reasoner(REGISTRY, model.replace("EMPTY", str(tmp_path)), options)


def test_a_checkpoint_that_is_no_audio_model_says_so(tmp_path, heard):
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    (tmp_path / "pytorch_model.bin").touch()
    reasoner = open_reasoner(REGISTRY, f"transformers:{tmp_path}")
    with pytest.raises(ReasonerError, match="no audio language model of type 'gpt2'"):
        reasoner.answer(requests(heard)[:1])


def test_an_adapter_is_that_of_the_commit_of_its_model(monkeypatch):
    """It would be fetched anew from whatever the repository holds by then."""
    loaded = []

    class Model:
        def load_adapter(self, name, *, adapter_name, adapter_kwargs):
            loaded.append((name, adapter_name, adapter_kwargs))

        def set_adapter(self, name):
            pass

    monkeypatch.setattr("transformers.utils.cached_file", lambda *_, **__: "adapter_config.json")
    kind = next(kind for kind, family in FAMILIES.items() if family.adapter)
    _load_adapter(Model(), Checkpoint("me/model", "c" * 40, kind, "c" * 40))
    folder = FAMILIES[kind].adapter
    assert loaded == [("me/model", folder, {"subfolder": folder, "revision": "c" * 40})]

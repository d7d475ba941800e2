"""Text models that are short, odd or damaged, in the place of the cascade's reader."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from checkpoints.parts import chatml, ends, save, tokenizer
from reasoners import Opens
from safetensors.torch import save_file

from audiorouter import Answer, BatchOptions, run_batch
from audiorouter.errors import AudioRouterError, ReasonerError, UsageError
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner
from audiorouter.providers import Evidence, Reasoner, Request
from audiorouter.providers.cascade.chat import Chat
from audiorouter.providers.cascade.fitting import fitted
from audiorouter.providers.cascade.letters import LetterReader
from audiorouter.providers.prompt import reader_parts
from audiorouter.toolbox import ToolCall

REGISTRY = load_registry(third_party=False)
ENGINES = ("ctranslate2", "transformers")
QUESTION = Request(Path("a.wav"), "hash", "How many dogs bark?", ("one", "two", "three"))
SAID = " ".join(f"The word number {number} is said." for number in range(200))
LONG = (Evidence(ToolCall("tempo"), "120 BPM."), Evidence(ToolCall("transcribe"), SAID))
PARTS_ONLY = chatml("").replace("message['content'] is string", "false")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_CACHE", str(tmp_path / "cache"))


def opened(folder, engine):
    return open_reasoner(REGISTRY, f"cascade:{folder}", {"engine": engine})


@pytest.fixture
def short(tmp_path):
    """A model that takes 512 tokens, whose positions are learned, so that there are no others."""
    from transformers import GPT2Config, GPT2LMHeadModel

    tokens = tokenizer(bos_token="<|endoftext|>", unk_token="<|endoftext|>")
    tokens.chat_template = chatml("")
    sizes = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 512}
    model = GPT2LMHeadModel(GPT2Config(**sizes | ends(tokens)))
    save(model, tokens, tokens, tmp_path / "short")
    return tmp_path / "short"


@pytest.fixture
def changed(checkpoint, tmp_path):
    """A copy of the tiny model with another chat template."""

    def copy(template):
        folder = tmp_path / "changed"
        shutil.copytree(checkpoint("qwen2"), folder)
        (folder / "chat_template.jinja").write_text(template)
        return folder

    return copy


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_findings_are_cut_where_the_model_takes_no_more(short, engine):
    reasoner = opened(short, engine)
    asked = [
        replace(QUESTION, findings=LONG),
        replace(QUESTION, question="Is it a cat or a bird?", findings=LONG),
        replace(QUESTION, findings=LONG[:1]),
        replace(QUESTION, choices=(), findings=LONG),
    ]
    one, other, fits, written = reasoner.answer(asked)
    assert "it read the first" in one.remark and "characters of the findings" in one.remark
    assert one.probabilities != other.probabilities and other.remark
    assert fits.remark is None and written.remark is not None
    assert reasoner.answer([asked[0]])[0].probabilities == pytest.approx(
        one.probabilities, abs=1e-3 if not torch.cuda.is_available() else 0.02
    )
    assert reasoner.identity.endswith(" context/512")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_a_question_that_does_not_fit_costs_its_row_alone(short, engine):
    long = replace(QUESTION, question=f"Is it said? {SAID}")
    error, answer = opened(short, engine).answer([long, QUESTION])
    assert isinstance(error, ReasonerError) and "the question alone takes" in str(error)
    assert answer.index is not None


class Counts:
    """An engine that takes everything and chooses the last choice; a token is a character."""

    context = 8192

    def __init__(self, jinja):
        tokens = tokenizer()
        tokens.chat_template = jinja
        self.chat = Chat(tokens)

    def count(self, text):
        return len(text)

    def score(self, prompts, continuations):
        return [[float(place) for place, _ in enumerate(each)] for each in continuations]


def test_a_request_that_cannot_be_put_costs_its_row_alone():
    jinja = "{% if 'cat' in messages[0].content %}{{ raise_exception('no cats') }}{% endif %}"
    many = replace(QUESTION, choices=tuple(map(str, range(10, 37))))
    cat = replace(QUESTION, question="Is it a cat?")
    asked = [many, QUESTION, cat, replace(many, choices=many.choices[1:])]
    answers = LetterReader(Counts(jinja + chatml(""))).answer(asked)
    assert [isinstance(one, ReasonerError) for one in answers] == [True, False, True, False]
    assert "27 choices are too many" in str(answers[0])
    assert "its chat template failed: TemplateError: no cats" in str(answers[2])
    assert (answers[1].text, answers[3].text) == ("three", "36")


def test_the_ends_of_findings_go_first_and_all_else_stays():
    def tokens(request):
        return len("".join(reader_parts(request)))

    request = replace(QUESTION, heard=LONG[:1], findings=LONG)
    assert fitted(request, tokens, most=100_000) == (request, None)
    cut, remark = fitted(request, tokens, most=700)
    assert 690 < tokens(cut) <= 700 and remark is not None
    assert [item.text for item in cut.findings[:2]] == ["120 BPM."] * 2
    assert SAID.startswith(cut.findings[2].text.removesuffix(" …"))
    assert (cut.question, cut.choices) == (request.question, request.choices)
    with pytest.raises(ReasonerError, match="the question alone takes"):
        fitted(request, tokens, most=50)


@pytest.mark.slow
def test_models_that_take_enough_keep_the_keys_of_their_answers(checkpoint):
    assert "context/" not in opened(checkpoint("qwen2"), "transformers").identity


class Remarks(Reasoner):
    """Says of every answer how it was asked."""

    name = identity = "remarks"

    def answer(self, requests):
        return [Answer(request.choices[0], 0, remark="it was cut") for request in requests]


@pytest.mark.parametrize("orders", [1, 2])
def test_a_row_tells_how_it_was_asked_also_when_it_comes_from_the_store(
    orders, question_file, clips, tmp_path
):
    registry = load_registry(third_party=False)
    registry.providers["fake"] = Opens(Remarks())
    options = BatchOptions(
        provider="fake", router="none", store=tmp_path / "s.db", shuffle_choices=orders
    )
    for cached in (False, True):
        rows = run_batch(clips, question_file, options, registry=registry).rows
        answered = [row for row in rows if row.answer is not None]
        assert answered and all(row.answer_cached is cached for row in answered)
        assert all("it was cut" in row.fields()["remark"] for row in answered)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("jinja", "remark"),
    [
        (PARTS_ONLY, None),
        ("{% for m in messages %}{{ m.content | upper }}\n{% endfor %}", "changes what it is told"),
        ("{{ raise_exception('a system message first') }}", "asked without it"),
    ],
    ids=["parts", "changes", "raises"],
)
def test_a_model_is_asked_whatever_its_template_wants(changed, engine, jinja, remark):
    reasoner = opened(changed(jinja), engine)
    asked = [QUESTION, replace(QUESTION, findings=LONG), replace(QUESTION, choices=())]
    first, found, written = reasoner.answer(asked)
    assert first.probabilities != found.probabilities and isinstance(written, Answer)
    said = " ".join(reasoner.remarks)
    assert remark in said if remark else not said


@pytest.mark.parametrize(
    ("jinja", "prompt"),
    [
        (None, "Is it?\n\nAnswer:"),
        (chatml(""), "<|im_start|>user\nIs it?<|im_end|>\n<|im_start|>assistant\n"),
        (PARTS_ONLY, "<|im_start|>user\nIs it?<|im_end|>\n<|im_start|>assistant\n"),
        ("{% for m in messages %}{{ m.content | lower }}|{% endfor %}", "is it?|"),
        ("{{ messages[0].content.name }}", "Is it?\n\nAnswer:"),
        ("{{ messages[0].nothing.at_all }}", "Is it?\n\nAnswer:"),
    ],
)
def test_a_template_is_used_in_the_form_that_carries_the_question(jinja, prompt):
    tokens = tokenizer()
    tokens.chat_template = jinja
    assert Chat(tokens).prompt("Is it?") == prompt


@pytest.mark.parametrize("provider", ["cascade", "transformers"])
@pytest.mark.parametrize("harm", ["cut off", "longer", "no header", "empty"])
def test_damaged_weights_are_named_before_any_work(provider, harm, tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "qwen2"}')
    weights = tmp_path / "model.safetensors"
    save_file({"a": torch.zeros(100)}, weights, metadata={"format": "pt"})
    open_reasoner(REGISTRY, f"{provider}:{tmp_path}", {})
    whole = weights.read_bytes()
    harmed = {
        "cut off": whole[:-100],
        "longer": whole + b"1",
        "no header": b"version https://git-lfs.github.com/spec/v1\n",
        "empty": b"",
    }
    weights.write_bytes(harmed[harm])
    with pytest.raises(UsageError, match=r"model\.safetensors: damaged or cut off"):
        open_reasoner(REGISTRY, f"{provider}:{tmp_path}", {})


@pytest.mark.parametrize("provider", ["cascade", "transformers"])
def test_weights_that_are_missing_are_named_before_any_work(provider, tmp_path):
    def refused(why):
        with pytest.raises(UsageError, match=why):
            open_reasoner(REGISTRY, f"{provider}:{tmp_path}", {})

    (tmp_path / "config.json").write_text('{"model_type": "qwen2"}')
    (tmp_path / "other.safetensors").write_bytes(b"cut off")
    refused("it holds no weights, such as model.safetensors")
    index = tmp_path / "model.safetensors.index.json"
    for damaged in ("", "[]", '{"weight_map": 1}', '{"weight_map": {"a": 1}}'):
        index.write_text(damaged)
        refused(r"index\.json: damaged")
    index.write_text('{"weight_map": {}}')
    refused("no weights are what")
    parts = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    index.write_text(json.dumps({"weight_map": dict(zip("ab", parts, strict=True))}))
    save_file({"a": torch.zeros(9)}, tmp_path / parts[0])
    refused(f"{parts[1]} is missing, which its model.safetensors.index.json names")
    save_file({"b": torch.zeros(9)}, tmp_path / parts[1])
    open_reasoner(REGISTRY, f"{provider}:{tmp_path}", {})
    (tmp_path / parts[1]).write_bytes(b"cut off")
    refused(f"{parts[1]}: damaged or cut off")


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "bert", "architectures": ["BertModel"]},
        {"model_type": "bert"},
        {"model_type": "qwen2", "architectures": ["Qwen2ForSequenceClassification"]},
        {"model_type": "qwen2", "architectures": ["Qwen2ForRewardModel"]},
        {"model_type": "qwen2", "architectures": ["Qwen2Model"]},
        {"model_type": "t5", "architectures": ["T5EncoderModel"]},
        {"model_type": "vit", "architectures": ["ViTForImageClassification"]},
    ],
)
def test_a_model_of_another_kind_is_named_before_any_work(config, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(config))
    save_file({"a": torch.zeros(9)}, tmp_path / "model.safetensors")
    with pytest.raises(UsageError, match=r"does not write: take a causal language model"):
        open_reasoner(REGISTRY, f"cascade:{tmp_path}", {})


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "qwen2"},
        {"model_type": "qwen2", "architectures": None},
        {"model_type": "qwen2", "architectures": ["Qwen2Model", "Qwen2ForCausalLM"]},
        {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]},
        {"model_type": "gemma3", "architectures": ["Gemma3ForConditionalGeneration"]},
        {"model_type": "reformer", "architectures": ["ReformerModelWithLMHead"]},
    ],
)
def test_a_model_that_writes_is_taken(config, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(config))
    save_file({"a": torch.zeros(9)}, tmp_path / "model.safetensors")
    open_reasoner(REGISTRY, f"cascade:{tmp_path}", {})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("provider", "kind", "options"),
    [
        ("cascade", "qwen2", {"engine": "transformers"}),
        ("cascade", "qwen2", {"engine": "ctranslate2"}),
        ("transformers", "qwen2_audio", {}),
    ],
)
def test_whatever_a_library_raises_names_the_model(provider, kind, options, checkpoint, tmp_path):
    """A tokenizer that is no tokenizer: the errors of parsers are of all kinds."""
    folder = tmp_path / "model"
    shutil.copytree(checkpoint(kind), folder)
    (folder / "tokenizer.json").write_text('{"model": []}')
    with pytest.raises(AudioRouterError, match="cannot be loaded") as raised:
        open_reasoner(REGISTRY, f"{provider}:{folder}", options).answer([QUESTION])
    assert isinstance(raised.value, ReasonerError) and raised.value.lasting
    assert str(folder) in str(raised.value)

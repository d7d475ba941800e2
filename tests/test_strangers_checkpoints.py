"""Folders with a model of transformers, from strangers: code that lies in them is not run."""

import json
import shutil

import pytest

from audiorouter.errors import AudioRouterError, UsageError
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner
from audiorouter.providers import Request

CODE = "open({ran!r}, 'w')\nclass Own:\n    pass\n"
PARTS = ("AutoConfig", "AutoModelForCausalLM", "AutoProcessor", "AutoTokenizer")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("provider", "kind", "options"),
    [
        ("cascade", "qwen2", {"engine": "transformers"}),
        ("cascade", "qwen2", {"engine": "ctranslate2"}),
        ("transformers", "qwen2_audio", {}),
    ],
)
def test_code_of_a_checkpoint_is_not_run_whatever_stdin_says(
    provider, kind, options, checkpoint, tmp_path, monkeypatch
):
    monkeypatch.setenv("AUDIOROUTER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    folder = tmp_path / "model"
    shutil.copytree(checkpoint(kind), folder)
    ran = tmp_path / "ran"
    (folder / "own.py").write_text(CODE.format(ran=str(ran)))
    for file in folder.glob("*config.json"):
        content = json.loads(file.read_text())
        content["auto_map"] = dict.fromkeys(PARTS, "own.Own")
        content["auto_map"]["AutoTokenizer"] = ["own.Own", "own.Own"]
        content |= {"model_type": "own", "tokenizer_class": "Own", "processor_class": "Own"}
        file.write_text(json.dumps(content))
    request = Request(tmp_path / "a.wav", "hash", "A dog?", ("yes", "no"))
    with pytest.raises(AudioRouterError, match="contains custom code"):
        open_reasoner(load_registry(third_party=False), f"{provider}:{folder}", options).answer(
            [request]
        )
    assert not ran.exists()


@pytest.mark.parametrize("provider", ["cascade", "transformers"])
@pytest.mark.parametrize(
    "entry",
    [
        {"attn_implementation": "owner/kernel"},
        {"_attn_implementation": "owner/kernel@v1:flash"},
        {"text_config": {"_attn_implementation": "owner/kernel"}},
        {"parts": [{"experts_implementation": "owner/kernel"}]},
        {"attn_implementation": {"text_config": "owner/kernel"}},
        {"configuration_files": ["config.4.0.0.json"]},
    ],
)
def test_a_checkpoint_that_names_code_of_the_hub_is_refused(entry, provider, tmp_path):
    config = {"model_type": "qwen2_audio", "_name_or_path": "owner/model", **entry}
    (tmp_path / "config.json").write_text(json.dumps(config))
    registry = load_registry(third_party=False)
    with pytest.raises(UsageError, match=r"config.json: .*(code that would|configuration_files)"):
        open_reasoner(registry, f"{provider}:{tmp_path}", {})


def test_a_checkpoint_that_names_what_transformers_has_is_taken(tmp_path):
    config = {"model_type": "qwen2_audio", "attn_implementation": "sdpa", "_name_or_path": "a/b"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "pytorch_model.bin").touch()
    open_reasoner(load_registry(third_party=False), f"transformers:{tmp_path}", {})

"""Folders with a model of transformers, from strangers: code that lies in them is not run."""

import json
import shutil

import pytest

from audiorouter.errors import AudioRouterError
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner
from audiorouter.providers import Request

pytestmark = pytest.mark.slow

CODE = "open({ran!r}, 'w')\nclass Own:\n    pass\n"
PARTS = ("AutoConfig", "AutoModelForCausalLM", "AutoProcessor", "AutoTokenizer")


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

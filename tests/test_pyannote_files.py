"""Folders with pipelines of pyannote, from strangers: nothing that they name is run."""

import importlib.util
import os
import sys

import pytest
from conftest import EXAMPLES

from audiorouter import Clip
from audiorouter.errors import ToolError
from audiorouter.weights import locate

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("pyannote") is None, reason="needs pyannote"),
]

CONFIG = """
version: 3.1.0
pipeline:
  name: pyannote.audio.pipelines.SpeakerDiarization
  params:
    clustering: AgglomerativeClustering
    segmentation: $model/segmentation
    embedding: $model/embedding
    embedding_exclude_overlap: true
    segmentation_batch_size: 32
params:
  segmentation: {min_duration_off: 0, threshold: 0.5}
  clustering: {method: centroid, min_cluster_size: 12, threshold: 0.7}
"""


class Runs:
    """What a pickle runs when it is read in full."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def checkpoint(kind, specifications, **settings):
    """What pyannote saves of a model."""
    model = kind(**settings)
    model.specifications = specifications
    model.setup()
    return {
        "state_dict": model.state_dict(),
        "hyper_parameters": settings,
        "pyannote.audio": {
            "versions": {"pyannote.audio": "4.0.0"},
            "architecture": {"module": kind.__module__, "class": kind.__name__},
            "specifications": specifications,
        },
    }


@pytest.fixture
def folder(tmp_path):
    """A folder with a small pipeline, whose weights are random."""
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.embedding import XVectorSincNet
    from pyannote.audio.models.segmentation import PyanNet

    turns = Specifications(
        Problem.MULTI_LABEL_CLASSIFICATION, Resolution.FRAME, 5.0, classes=["1", "2", "3"]
    )
    voices = Specifications(Problem.REPRESENTATION, Resolution.CHUNK, 5.0, classes=["1", "2"])
    made = {
        "segmentation": checkpoint(PyanNet, turns, lstm={"hidden_size": 8, "num_layers": 1}),
        "embedding": checkpoint(XVectorSincNet, voices, dimension=16),
    }
    for name, content in made.items():
        (tmp_path / name).mkdir()
        torch.save(content, tmp_path / name / "pytorch_model.bin")
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path


def opened(folder):
    from audiorouter.toolbox.frontends.pyannote import open_pipeline

    open_pipeline.cache_clear()
    return open_pipeline(str(folder))


@pytest.mark.weights
def test_a_pipeline_of_a_folder_hears_turns(folder):
    from audiorouter.toolbox.frontends.pyannote import diarize_with

    open_weights = (locate("pyannote-segmentation") / "pytorch_model.bin").read_bytes()
    (folder / "segmentation" / "pytorch_model.bin").write_bytes(open_weights)
    clip = Clip(EXAMPLES / "clips" / "conversation.flac")
    turns = diarize_with(opened(folder), clip, {"max_speakers": 1})
    assert turns and {turn.speaker for turn in turns} == {0}


HOSTILE = {
    "another class": ("pyannote.audio.pipelines.SpeakerDiarization", "hostile_words.Speak"),
    "a class beside it": (
        "version: 3.1.0", "preprocessors: {audio: {name: hostile_words.Speak}}",
    ),
    "frozen settings": ("version: 3.1.0", "freeze: {hostile_words: Speak}"),
    "a setting of its own": ("segmentation_batch_size: 32", "legacy: {name: hostile_words.Speak}"),
    "a python tag": ("version: 3.1.0", "version: !!python/object/apply:hostile_words.Speak []"),
    "another's model": ("embedding: $model/embedding", "embedding: speechbrain/hostile_words"),
    "a file of its own": ("$model/embedding", "hostile_words.ckpt"),
    "a way out": ("$model/embedding", "$model/../elsewhere"),
    "another clustering": ("AgglomerativeClustering", "hostile_words"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_nothing_that_a_pipeline_names_is_imported_or_called(what, folder, monkeypatch):
    ran = folder / "ran"
    (folder / "hostile_words.py").write_text(
        f"open({str(ran)!r}, 'w')\nclass Speak:\n    def __init__(self, **_): pass\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    old, new = HOSTILE[what]
    assert old in CONFIG
    (folder / "config.yaml").write_text(CONFIG.replace(old, new))
    with pytest.raises(ToolError):
        opened(folder)
    assert not ran.exists() and "hostile_words" not in sys.modules


def named(name):
    def change(content, ran):
        content["pyannote.audio"]["architecture"] = {"module": "hostile_words", "class": name}

    return change


def pickled(content, ran):
    content["callbacks"] = Runs(f"touch {ran}")


def instantiated(content, ran):
    content["hyper_parameters"] = {"_instantiator": "hostile_words.Speak"}


@pytest.mark.parametrize("change", [named("Speak"), named("PyanNet"), pickled, instantiated])
@pytest.mark.parametrize("part", ["segmentation", "embedding"])
def test_nothing_that_a_checkpoint_names_is_imported_or_called(change, part, folder, monkeypatch):
    import torch

    ran = folder / "ran"
    (folder / "hostile_words.py").write_text(
        f"open({str(ran)!r}, 'w')\ndef Speak(*_): pass\nPyanNet = Speak\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    path = folder / part / "pytorch_model.bin"
    content = torch.load(path, weights_only=False)
    change(content, ran)
    torch.save(content, path)
    try:
        opened(folder)
    except ToolError as error:
        assert str(path) in str(error) and "weights_only" not in str(error)
    else:
        # The class is our own of that name, wherever the checkpoint has it from.
        assert change is not pickled and part == "segmentation"
    assert not ran.exists() and "hostile_words" not in sys.modules


def test_what_is_missing_or_damaged_is_named(folder):
    (folder / "config.yaml").write_text(CONFIG.replace("threshold: 0.5", "threshold: much"))
    with pytest.raises(ToolError, match=r"config.yaml.*segmentation.threshold"):
        opened(folder)
    (folder / "config.yaml").write_text(CONFIG.replace("Agglomerative", "VBx"))
    with pytest.raises(ToolError, match="needs a plda"):
        opened(folder)
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "embedding" / "pytorch_model.bin").write_bytes(b"PK\x03\x04")
    with pytest.raises(ToolError, match=r"pytorch_model.bin"):
        opened(folder)
    (folder / "embedding" / "pytorch_model.bin").unlink()
    with pytest.raises(ToolError, match="there is no such file"):
        opened(folder)

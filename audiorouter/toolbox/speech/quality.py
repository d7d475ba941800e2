"""How good recorded speech sounds, as listeners would rate it.

Reddy, Gopal & Cutler, "DNSMOS P.835: A Non-Intrusive Perceptual Objective Speech Quality Metric",
ICASSP 2022. The polynomials map the network's outputs to the scale of the listening tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import without_speech
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.toolbox.frontends.spectra import FloatArray

SAMPLE_RATE = 16_000
WINDOW = round(9.01 * SAMPLE_RATE)
"""Samples that the network hears at once; shorter audio is repeated."""
HOP_SECONDS = 3.0
LONGEST_SECONDS = 60.0
GOOD, FAIR = 3.0, 2.3
NOISY = 3.0
"""Rating of the background below which it is called noisy."""
_POLYNOMIALS = {
    "speech": (-0.08397278, 1.22083953, 0.0052439),
    "background": (-0.13166888, 1.60915514, -0.39604546),
    "overall": (-0.06766283, 1.11546468, 0.04602535),
}


class SpeechQuality(Tool[SpanArguments]):
    """DNSMOS: ratings from 1 (bad) to 5 (excellent) of voice, background and both."""

    name = "speech_quality"
    description = (
        "Rates how good a speech recording sounds: clean or noisy, distorted, muffled, with "
        "background noise or reverberation."
    )
    not_for = "Not for how clearly or how well somebody speaks, nor for the quality of music."
    examples = (
        "Is the recording of the voice noisy or clean?",
        "How good is the sound quality of the speech?",
        "Is there background noise behind the voice?",
        "True or false: the interview was captured cleanly, as in a studio.",
        "How would listeners score this phone call, on a scale of one to five?",
        "The dialogue from the set: usable, or do we need to re-record it?",
        "Is my podcast voice track good enough to publish?",
        "Is the call audio crackly or clipped when the agent talks?",
        "Would you say a cheap microphone was used for this narration?",
        "Does the codec ruin the naturalness of the talker's voice?",
        "After denoising, is the voice still marred by artefacts?",
    )
    version = "5"
    licence = "MIT"
    domain = Domain.SPEECH
    Arguments = SpanArguments
    weights = ("dnsmos", "silero-vad", "yamnet")

    def load(self) -> None:
        """Load both networks."""
        from audiorouter.toolbox.frontends.onnx import session
        from audiorouter.toolbox.frontends.speech import load_networks

        session("dnsmos", "sig_bak_ovr.onnx")
        load_networks()

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Rate windows of the clip, and average."""
        from audiorouter.toolbox.frontends.windows import is_long

        if (reason := without_speech(clip)) is not None:
            return Finding.not_measured(reason, overall=None)
        longest = round(LONGEST_SECONDS * SAMPLE_RATE)
        audio = clip.mono(SAMPLE_RATE)[:longest]
        if is_long(clip):
            audio = _all_over(clip.mono(SAMPLE_RATE))
        rated = ratings(audio).mean(axis=0)
        data = {name: round(float(v), 2) for name, v in zip(_POLYNOMIALS, rated, strict=True)}
        overall, background = (round(data[name], 1) for name in ("overall", "background"))
        quality = "good" if overall >= GOOD else "fair" if overall >= FAIR else "bad"
        clean = "noisy" if background < NOISY else "clean, without background noise"
        return Finding(
            data,
            f"The speech quality is {quality}, {overall:.1f} of 5 (the voice {data['speech']:.1f}, "
            f"the background {background:.1f}). The recording is {clean}.",
            self.confidence(abs(data["background"] - NOISY)),
        )


def _all_over(audio: FloatArray) -> FloatArray:
    """Windows from all over a long clip, one after the other, as long together as is rated."""
    import numpy as np

    count = int(LONGEST_SECONDS * SAMPLE_RATE / WINDOW)
    starts = np.linspace(0, len(audio) - WINDOW, count).astype(int)
    return np.concatenate([audio[start : start + WINDOW] for start in starts])


def ratings(audio: FloatArray) -> NDArray[np.float64]:
    """Ratings `(windows, 3)` of voice, background and both; `audio` `(samples,)` at 16 kHz."""
    import numpy as np

    from audiorouter.toolbox.frontends.onnx import session

    network = session("dnsmos", "sig_bak_ovr.onnx")
    repeats = -(-WINDOW // len(audio))
    heard = np.clip(np.tile(audio, repeats), -1, 1).astype(np.float32)
    if repeats > 1:
        heard = heard[:WINDOW]
    starts = range(0, len(heard) - WINDOW + 1, round(HOP_SECONDS * SAMPLE_RATE))
    raw = np.concatenate(
        [network.run(None, {"input_1": heard[None, s : s + WINDOW]})[0] for s in starts]
    )
    columns = [np.polyval(p, raw[:, i]) for i, p in enumerate(_POLYNOMIALS.values())]
    return np.clip(np.stack(columns, axis=1), 1.0, 5.0)

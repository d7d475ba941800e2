"""Who speaks when, and how many speak."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import NO_SPEECH
from audiorouter.toolbox.frontends.speaker_turns import Turn, describe_turns, turns_data
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.toolbox.frontends.energy import Segment
    from audiorouter.toolbox.frontends.spectra import FloatArray

DISTANCE = 0.30
"""Cosine distance from which two voices are two people."""
_STEP_FRAMES = 60
_MIN_FRAMES = 40
_MIN_WINDOWS = 2


class SpeakerArguments(SpanArguments):
    """What is known beforehand."""

    count: int | None = Field(
        default=None, ge=1, le=20, description="Number of speakers, where it is known."
    )


class _Windows(NamedTuple):
    centres: NDArray[np.float64]
    embeddings: NDArray[np.float64]


class Speakers(Tool[SpeakerArguments]):
    """Diarization: Silero finds speech, Resemblyzer tells voices apart, clustering counts them."""

    name = "speakers"
    description = (
        "Tells different people apart by their voices: how many speakers there are and who takes "
        "turns when. Helps with the number of people, conversation and dialogue."
    )
    examples = (
        "How many people are talking?",
        "How many speakers are there?",
        "Is it one voice or several?",
        "When does the second person speak?",
    )
    version = "3"
    licence = "Apache-2.0"
    domain = Domain.SPEECH
    Arguments = SpeakerArguments
    packages = ("torch", "scikit-learn")
    extra = "speech"
    weights = ("silero-vad", "resemblyzer")

    def load(self) -> None:
        """Load both networks and the clustering."""
        load_networks()

    def run(self, clip: Clip, arguments: SpeakerArguments) -> Finding:
        """Find the speech, embed windows of it, cluster them and read off the turns."""
        turns = diarize(clip, arguments.count)
        if not turns:
            return Finding.not_measured(NO_SPEECH, speakers=0, turns=[])
        return Finding(turns_data(turns), describe_turns(turns))


def load_networks() -> None:
    """Load what `diarize` needs; the import of the clustering takes longer than its work."""
    import sklearn.cluster  # noqa: F401

    from audiorouter.toolbox.frontends.resemblyzer import voice_encoder
    from audiorouter.toolbox.frontends.silero import silero

    silero()
    voice_encoder()


def diarize(clip: Clip, count: int | None) -> list[Turn]:
    """Who speaks when, computed once a clip; empty where there is too little speech."""
    return clip.shared("turns", lambda: _diarize(clip, count), of=count)


def _diarize(clip: Clip, count: int | None) -> list[Turn]:
    from audiorouter.toolbox.frontends.silero import speech_segments

    segments = speech_segments(clip)
    windows = _embedded(clip, segments)
    if windows is None:
        return []
    return _turns(segments, windows.centres, _clustered(windows.embeddings, count))


def _embedded(clip: Clip, segments: list[Segment]) -> _Windows | None:
    """Embeddings of 1.6 s windows of speech, every 0.6 s; None where there is too little speech."""
    import numpy as np

    from audiorouter.toolbox.frontends.resemblyzer import (
        FRAME_SECONDS,
        SAMPLE_RATE,
        WINDOW_FRAMES,
        voice_encoder,
    )

    encoder = voice_encoder()
    features = encoder.features(clip.mono(SAMPLE_RATE))
    windows: list[FloatArray] = []
    centres: list[float] = []
    for segment in segments:
        first = int(segment.start / FRAME_SECONDS)
        last = min(int(segment.end / FRAME_SECONDS), len(features))
        if last - first < _MIN_FRAMES:
            continue
        for start in _window_starts(first, last, WINDOW_FRAMES):
            part = features[start : min(start + WINDOW_FRAMES, last)]
            centres.append((start + len(part) / 2) * FRAME_SECONDS)
            repeats = -(-WINDOW_FRAMES // len(part))
            windows.append(np.concatenate([part] * repeats)[:WINDOW_FRAMES])
    if not windows:
        return None
    return _Windows(np.array(centres), encoder.embed(windows))


def _window_starts(first: int, last: int, width: int) -> list[int]:
    """Starts of windows over frames `first` to `last`, with one that ends where the speech does."""
    if last - first <= width:
        return [first]
    starts = list(range(first, last - width + 1, _STEP_FRAMES))
    if starts[-1] + width < last - 20:
        starts.append(last - width)
    return starts


def _clustered(embeddings: NDArray[np.float64], count: int | None) -> NDArray[np.int64]:
    """Labels 0 … n-1 in order of appearance; clusters of a single window join their nearest."""
    import numpy as np
    from sklearn.cluster import AgglomerativeClustering

    if len(embeddings) == 1:
        return np.zeros(1, dtype=np.int64)
    clusters = min(count, len(embeddings)) if count else None
    labels = AgglomerativeClustering(
        n_clusters=clusters,
        metric="cosine",
        linkage="average",
        distance_threshold=None if clusters else DISTANCE,
    ).fit_predict(embeddings)
    sizes = np.bincount(labels)
    kept = np.arange(len(sizes)) if clusters else np.flatnonzero(sizes >= _MIN_WINDOWS)
    if len(kept) == 0:
        kept = np.array([sizes.argmax()])
    centroids = np.stack([embeddings[labels == cluster].mean(axis=0) for cluster in kept])
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    nearest = (embeddings @ centroids.T).argmax(axis=1)
    _, first_seen = np.unique(nearest, return_index=True)
    order = {int(nearest[index]): rank for rank, index in enumerate(sorted(first_seen))}
    return np.array([order[int(label)] for label in nearest])


def _turns(
    segments: list[Segment], centres: NDArray[np.float64], labels: NDArray[np.int64]
) -> list[Turn]:
    """Turns: every tenth of a second of speech goes to the speaker of the nearest window."""
    import numpy as np

    turns: list[Turn] = []
    for segment in segments:
        for start in np.arange(segment.start, segment.end, 0.1):
            end = min(float(start) + 0.1, segment.end)
            middle = (float(start) + end) / 2
            speaker = int(labels[np.abs(centres - middle).argmin()])
            if turns and turns[-1].speaker == speaker and start - turns[-1].end < 1.0:
                turns[-1] = turns[-1]._replace(end=end)
            else:
                turns.append(Turn(float(start), end, speaker))
    return turns

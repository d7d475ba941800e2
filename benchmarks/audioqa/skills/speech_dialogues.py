"""Two voices that speak English: who says what, who speaks longer, whose voice is higher.

The voices are one reader's, one of them or both played faster or slower, since no other recorded
voice with transcripts speaks her language.
"""

from __future__ import annotations

import random

from audioqa.arrangement import Timeline
from audioqa.facts import Maker, Value
from audioqa.sources import RATE
from audioqa.spoken import Line, altered, lines, said, sentence_value

WORDS = (2, 16)
PLAYED = ((0.72, 1.0), (1.0, 1.35), (0.85, 1.18), (0.8, 1.12))
"""How much faster each of two voices is played."""
KINDS = {"two turns": "AB", "several turns": "ABA"}
WHO = ("first", "second", "neither", "both")
LONGER = ("the first", "the second", "about the same")
UNLESS_BOTH = (1, 1, 2, 2, 1, 1, 2, 2, 0)
"""Who speaks longer where the two say nothing alike; where they do, it is the first."""
CLEARLY, ALIKE = 1.6, 1.1
"""Ratios of the times of two voices: from the one on they differ, up to the other they do not."""
TRIES = 5000
LONGEST_S, WRONG_SENTENCES = 12.0, 4


def make(maker: Maker) -> None:
    """As many dialogues as the skill with the most facts needs."""
    rng = maker.rng("speech dialogues")
    pool = lines(maker.material, "English", WORDS)
    audio_s = {line: len(said(maker.material, line)) / RATE for line in pool}
    skills = ("who_says", "second_says", "who_talks_more", "higher_voice")
    index = 0
    while any(maker.wanted(f"speech/{skill}") for skill in skills):
        _dialogue(maker, rng, audio_s, index)
        index += 1


def _dialogue(maker: Maker, rng: random.Random, audio_s: dict[Line, float], index: int) -> None:
    kind = list(KINDS)[index % 2]
    who = WHO[index // 2 % len(WHO)]
    unlike = index // 8 * 6 + index % 8
    longer = LONGER[0 if who == "both" else UNLESS_BOTH[unlike % len(UNLESS_BOTH)]]
    played = rng.choice(PLAYED)
    factors = dict(zip("AB", played if (index // 4 + index) % 2 else played[::-1], strict=True))
    shape = KINDS[kind] if who != "both" or kind != "two turns" else "AAB"
    spoken = _chosen(rng, audio_s, shape, factors, longer, both=who == "both")
    timeline = Timeline(rng.uniform(0.2, 0.6))
    for place, (voice, line) in enumerate(spoken):
        timeline.add(altered(said(maker.material, line), factors[voice]))
        goes_on = [voice] == [one for one, _ in spoken[place + 1 : place + 2]]
        timeline.rest(0.2 if goes_on else rng.uniform(0.3, 0.6))
    clip = maker.clip(f"speech_dialogue_{index}", [timeline.audio(0.0) * rng.uniform(0.5, 1.0)])
    _add(maker, rng, clip, spoken, list(audio_s), kind=kind, who=who, longer=longer)
    higher = [Value("first"), Value("second")]
    if factors["B"] > factors["A"]:
        higher.reverse()
    sources = [line.source for _, line in spoken]
    maker.add("speech/higher_voice", clip, higher[0], higher[1:], sources, kind="sentences")


def _add(
    maker: Maker, rng: random.Random, clip: str, spoken: list[tuple[str, Line]], pool: list[Line],
    *, kind: str, who: str, longer: str,
) -> None:  # fmt: skip
    """The facts about who says what, and who speaks longer."""
    sources = [line.source for _, line in spoken]
    phrase = _phrase(rng, pool, spoken, who)
    values = {name: Value(name) for name in WHO}
    maker.add("speech/who_says", clip, values[who], list(values.values()), sources, kind=kind,
              phrase=phrase)  # fmt: skip
    lengths = [Value(name) for name in LONGER]
    maker.add("speech/who_talks_more", clip, Value(longer), lengths, sources, kind=kind)
    (answer,) = (line for voice, line in spoken if voice == "B")
    wrong = [line for voice, line in spoken if voice == "A" and line != answer]
    unsaid = [line for line in pool if line not in wrong and line != answer]
    wrong += rng.sample(unsaid, WRONG_SENTENCES - len(wrong))
    maker.add("speech/second_says", clip, sentence_value(answer.text),
              [sentence_value(line.text) for line in wrong], sources, kind=kind)  # fmt: skip


def _chosen(
    rng: random.Random, audio_s: dict[Line, float], shape: str, factors: dict[str, float],
    longer: str, *, both: bool,
) -> list[tuple[str, Line]]:  # fmt: skip
    """Who says which line, so that the time of each is as wanted; `both` say one of them."""
    pool = list(audio_s)
    for _ in range(TRIES):
        chosen = rng.sample(pool, len(shape))
        if both:
            own = [place for place, voice in enumerate(shape) if voice == "A"]
            chosen[shape.index("B")] = chosen[rng.choice(own)]
        seconds = dict.fromkeys("AB", 0.0)
        for voice, line in zip(shape, chosen, strict=True):
            seconds[voice] += audio_s[line] / factors[voice]
        if _longer(seconds["A"] / seconds["B"]) == longer and sum(seconds.values()) < LONGEST_S:
            return list(zip(shape, chosen, strict=True))
    raise ValueError(f"no dialogue {shape} in which {longer} speaks longer, both: {both}")


def _longer(ratio: float) -> str | None:
    """None where it is not clear."""
    if ratio >= CLEARLY:
        return LONGER[0]
    if ratio <= 1 / CLEARLY:
        return LONGER[1]
    return LONGER[2] if 1 / ALIKE <= ratio <= ALIKE else None


def _phrase(rng: random.Random, pool: list[Line], spoken: list[tuple[str, Line]], who: str) -> str:
    """Three to five words on end, said by whom they are to be said and by nobody else."""
    by = {voice: [line for one, line in spoken if one == voice] for voice in "AB"}
    all_said = [line for _, line in spoken]
    voices = {"first": "A", "second": "B", "both": "B"}
    lines_of = by[voices[who]] if who in voices else [line for line in pool if line not in all_said]
    wanted = {"first": {"A"}, "second": {"B"}, "both": {"A", "B"}, "neither": set()}[who]
    for _ in range(TRIES):
        words = rng.choice(lines_of).words
        size = min(len(words), rng.randint(3, 5))
        start = rng.randrange(len(words) - size + 1)
        phrase = words[start : start + size]
        who_said = {voice for voice, own in by.items() if any(_says(line, phrase) for line in own)}
        if who_said == wanted:
            return " ".join(phrase)
    raise ValueError(f"no phrase for {who}")


def _says(line: Line, phrase: tuple[str, ...]) -> bool:
    return f" {' '.join(phrase)} " in f" {' '.join(line.words)} "

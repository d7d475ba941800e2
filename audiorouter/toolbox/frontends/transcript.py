"""What Whisper makes of a clip, computed once for all tools that want it."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from audiorouter.clips import Clip
from audiorouter.decoding.large_samples import forget
from audiorouter.toolbox.frontends.energy import Segment
from audiorouter.toolbox.frontends.spectra import FloatArray
from audiorouter.toolbox.frontends.speech import load_networks as load_speech_networks
from audiorouter.toolbox.frontends.speech import speech_segments, words_may_be_heard
from audiorouter.toolbox.frontends.whisper import (
    ENGLISH,
    MULTILINGUAL,
    SAMPLE_RATE,
    languages,
    weighed,
    whisper,
)
from audiorouter.toolbox.frontends.windows import is_long, parts, windows_of

SHORTEST = 0.2
"""Seconds of a clip below which it holds no word: of speech that was cut to less, Whisper makes
"Thank you"."""
FASTEST = 40
"""Characters a second of a clip beyond which nobody speaks: what has more was made up."""
_NEAR_EDGE = 60.0
"""Seconds by which a window of a long clip may end earlier or later, to end within a pause."""
UNWRITTEN = 0.3
"""Share of a stretch of speech with words below which it was left out."""
DOUBTED = 0.6
"""Mean probability of a stretch's words below which they may be what Whisper makes of another
language; chosen on train and val, see docs/tools.md."""
LONG_ENOUGH = 1.0
"""Seconds of such a stretch, in which a language can be told."""
OTHER_LANGUAGE, UNSURE = 0.6, -1.0
"""Probability of another language, and mean log probability a token, from which what was left out
or doubted is written down in that language; `spoken_language` calls one certain from there on."""
MOST_OTHERS = 8
"""Stretches that are listened to again, the longest ones."""
UNHEARD = 0.15
"""Probability of English below which a language may be taken that is more probable."""


class Word(NamedTuple):
    """A recognised word; times in s, and its probability (0…1, 1 where it is not known).

    `joined` is whether no space parts it from the word before, as in "L'extension" and "7.4".
    """

    text: str
    start: float
    end: float
    probability: float = 1.0
    joined: bool = False

    def behind(self, text: str) -> str:
        """The text with this word written behind it."""
        return text + self.text if self.joined or not text else f"{text} {self.text}"


class Transcript(NamedTuple):
    """What is said, and in which language."""

    text: str
    words: list[Word]
    confidence: float
    """Whisper's mean log-probability a token, 0 where there is none."""
    language: str | None
    """ISO 639 code; None where there are no words to tell it by and it was not told."""
    language_probability: float | None
    """How probable it is, by what Whisper hears and by how common it is; None where it was told,
    or is not known."""
    others: tuple[str, ...] = ()
    """Codes of other languages in which some of it is."""


def load_networks() -> None:
    """Load what clips are transcribed with."""
    whisper(ENGLISH)
    whisper(MULTILINGUAL)
    load_speech_networks()


def transcript(clip: Clip, language: str | None = None) -> Transcript:
    """Words of the clip: tiny.en for English, base for other languages.

    Without a `language` Whisper base listens for it, and again where stretches may be in another
    one: each is written down in its own, and the transcript's is that of most words. It is English
    unless that is improbable: short English sentences are taken for Chinese or Japanese, with
    English as the next. Else it is the likeliest one, see `weighed`. Whisper does not listen where
    YAMNet hears neither speech nor singing, or the clip is too short to hold a word; nor is it
    believed where it hears more than can be said in that time. How well words are recognised that
    are sung or rapped was not measured: no recordings of them were at hand.
    """
    if clip.duration < SHORTEST or not words_may_be_heard(clip):
        return Transcript("", [], 0.0, language, None)
    probability, told = None, language
    if language is None:
        ranked, seconds = clip.shared("language", lambda: _languages(clip))
        if not ranked:
            return Transcript("", [], 0.0, None, None)
        language, probability = _likeliest(ranked, seconds)
    spoken = language
    name = "transcript en" if spoken == "en" else "transcript of another language"
    windows = clip.shared(name, lambda: _transcribe(clip, spoken), of=spoken)
    heard = _one_after_another(windows, spoken)
    if told is None and heard.words and len(heard.text) <= FASTEST * clip.duration:
        heard = clip.shared(
            f"{name} and others", lambda: _with_others(clip, windows, spoken), of=spoken
        )
    if len(heard.text) > FASTEST * clip.duration:
        return Transcript("", [], 0.0, None, None)
    if heard.language != spoken:
        return heard
    return heard._replace(language_probability=probability)


def _likeliest(ranked: list[tuple[str, float]], seconds: float) -> tuple[str, float]:
    """The language of what is heard, and its probability."""
    likely = weighed(ranked, seconds)
    language = likely[0][0] if dict(ranked).get("en", 0.0) < UNHEARD else "en"
    return language, dict(likely)[language]


def _with_others(clip: Clip, windows: Sequence[Transcript], spoken: str) -> Transcript:
    """The transcript with what is said in other languages.

    Whisper writes down a clip in one language: of a stretch in another one it makes nothing, or
    words of its own language that it is not sure of. Where there are such stretches it listens to
    the rest of their windows once more, without them.
    """
    heard = _one_after_another(windows, spoken)
    again = _not_well_heard(speech_segments(clip), heard.words)
    found: dict[Segment, Transcript] = {}
    for segment in sorted(again, key=lambda one: one.start - one.end)[:MOST_OTHERS]:
        first, last = (round(time * SAMPLE_RATE) for time in segment)
        audio = np.array(clip.mono(SAMPLE_RATE)[first:last])
        ranked, seconds = languages(audio)
        language, probability = _likeliest(ranked, seconds) if ranked else (spoken, 0.0)
        if language == spoken or probability < OTHER_LANGUAGE:
            continue
        part = _transcribed(audio, language)
        if part.words and part.confidence >= UNSURE and len(part.text) <= FASTEST * seconds:
            words = [_later(word, segment.start) for word in part.words]
            found[segment] = part._replace(words=words, language_probability=probability)
    if not found:
        return heard
    anew = _transcribe(clip, spoken, without=list(found), known=windows)
    return _together(_one_after_another(anew, spoken), *found.values())


def _together(rest: Transcript, *found: Transcript) -> Transcript:
    """One transcript of the parts that are in other languages and of the rest.

    Its language is that in which most words are; the others are in the order of their first ones.
    """
    parts = sorted((part for part in (rest, *found) if part.words), key=lambda p: p.words[0].start)
    in_language = Counter[str | None]()
    for part in parts:
        in_language[part.language] += len(part.words)
    main = max(parts, key=lambda part: in_language[part.language])
    words = sorted((word for part in parts for word in part.words), key=lambda word: word.start)
    weights = [len(part.words) for part in parts]
    return main._replace(
        text=functools.reduce(lambda text, word: word.behind(text), words, ""),
        words=words,
        confidence=float(np.average([part.confidence for part in parts], weights=weights)),
        others=tuple(code for code in in_language if code and code != main.language),
    )


def _length(word: Word) -> float:
    return word.end - word.start


def _overlap(word: Word, segment: Segment) -> float:
    return max(0.0, min(word.end, segment.end) - max(word.start, segment.start))


def _not_well_heard(spoken: list[Segment], words: list[Word]) -> list[Segment]:
    """The stretches of speech that hardly any word lies in, or only such as are doubted."""
    return [s for s in spoken if _is_left_out(s, words) or _is_doubted(s, words)]


def _is_left_out(segment: Segment, words: list[Word]) -> bool:
    written = sum(_overlap(word, segment) for word in words)
    return written < UNWRITTEN * (segment.end - segment.start)


def _is_doubted(segment: Segment, words: list[Word]) -> bool:
    inside = [word.probability for word in words if _overlap(word, segment) > _length(word) / 2]
    long = segment.end - segment.start >= LONG_ENOUGH
    return long and len(inside) > 0 and sum(inside) < DOUBTED * len(inside)


def _languages(clip: Clip) -> tuple[list[tuple[str, float]], float]:
    """Of the first speech, and its seconds; in a long clip that of the first window with any."""
    heard = (languages(part.mono(SAMPLE_RATE)) for _, part in parts(clip))
    return next(((ranked, seconds) for ranked, seconds in heard if ranked), ([], 0.0))


def _transcribe(
    clip: Clip,
    language: str,
    without: Sequence[Segment] = (),
    known: Sequence[Transcript] = (),
) -> list[Transcript]:
    """Words of a clip in a known language, window by window; windows are parted within pauses.

    What lies in the segments `without` is silence to it, as long as it was; of windows in which
    none of them lies it is what is `known` of them.
    """
    edges = [0.0, *(_pauses(clip) if is_long(clip) else ()), clip.duration]
    heard = []
    for place, (start, end) in enumerate(itertools.pairwise(edges)):
        silenced = [one for one in without if one.start < end and one.end > start]
        if known and not silenced:
            heard.append(known[place])
            continue
        audio = clip.mono(SAMPLE_RATE)[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
        part = np.array(audio)
        if is_long(clip):
            forget(audio)
        for one in silenced:
            first, last = (max(0, round((time - start) * SAMPLE_RATE)) for time in one)
            part[first:last] = 0
        window = _transcribed(part, language)
        heard.append(window._replace(words=[_later(word, start) for word in window.words]))
    return heard


def _one_after_another(windows: Sequence[Transcript], language: str) -> Transcript:
    words = [word for heard in windows for word in heard.words]
    text = " ".join(heard.text for heard in windows if heard.text)
    weights = [len(heard.words) for heard in windows]
    sure = np.average([heard.confidence for heard in windows], weights=weights) if words else 0.0
    return Transcript(text, words, float(sure), language, None)


def _later(word: Word, by: float) -> Word:
    return word._replace(start=round(word.start + by, 2), end=round(word.end + by, 2))


def _pauses(clip: Clip) -> list[float]:
    """Times in s near the edges of windows at which nobody speaks, or the edge where all do."""
    speech = speech_segments(clip)
    gaps = [(a.end + b.start) / 2 for a, b in itertools.pairwise(speech) if a.end < b.start]
    edges = [window.end for window in windows_of(clip.duration)[:-1]]
    near = [min(gaps, key=lambda gap: abs(gap - edge), default=edge) for edge in edges]
    return [
        gap if abs(gap - edge) <= _NEAR_EDGE else edge
        for gap, edge in zip(near, edges, strict=True)
    ]


def _transcribed(audio: FloatArray, language: str) -> Transcript:
    # Without its voice filter Whisper hears words in tones and noise.
    heard, _info = whisper(ENGLISH if language == "en" else MULTILINGUAL).transcribe(
        audio,
        language=language,
        beam_size=1,
        temperature=0.0,
        word_timestamps=True,
        vad_filter=True,
        condition_on_previous_text=False,
    )
    segments = list(heard)
    words = [
        Word(
            word.word.strip(),
            round(float(word.start), 2),
            round(float(word.end), 2),
            float(word.probability),
            joined=place > 0 and not word.word.startswith(" "),
        )
        for segment in segments
        for place, word in enumerate(segment.words or ())
    ]
    confidence = sum(segment.avg_logprob for segment in segments) / max(1, len(segments))
    text = " ".join(segment.text.strip() for segment in segments).strip()
    return Transcript(text, words, float(confidence), language, None)

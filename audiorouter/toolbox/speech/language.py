"""Which language is spoken."""

from __future__ import annotations

import bisect
import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import without_speech
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import count_of, listing, number_word
from audiorouter.toolbox.speech.language_stretches import Stretch, stretches_by_language

if TYPE_CHECKING:
    from audiorouter.toolbox.frontends.energy import Segment

CLEAR = 0.6
"""Probability from which a language is called certain: of other languages than English, 86% of
those that were so probable were right on training recordings, and 33% of the rest."""
LATE = 15.0
"""Seconds without speech, before some, beyond which those are passed over."""
_HEARD, _BEFORE = 30.0, 1.0
"""Seconds that Whisper listens to, and seconds of them before somebody speaks."""
ELSEWHERE = 1.0
"""Seconds of speech outside of what is listened to, from which on that is named."""
_TIMES_NAMED = 3
"""Of several places at which too little is said, how many are named."""
_NOT_THAT_ONE = 0.05
"""Probability of the whole clip's language below which a few seconds are in another, whichever: in
50 clips of one language of training recordings none were (`benchmarks/tools.py --split train`)."""
NAMES = {
    "af": "Afrikaans", "am": "Amharic", "ar": "Arabic", "as": "Assamese", "az": "Azerbaijani",
    "ba": "Bashkir", "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali", "bo": "Tibetan",
    "br": "Breton", "bs": "Bosnian", "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish",
    "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian",
    "eu": "Basque", "fa": "Persian", "fi": "Finnish", "fo": "Faroese", "fr": "French",
    "gl": "Galician", "gu": "Gujarati", "ha": "Hausa", "haw": "Hawaiian", "he": "Hebrew",
    "hi": "Hindi", "hr": "Croatian", "ht": "Haitian Creole", "hu": "Hungarian", "hy": "Armenian",
    "id": "Indonesian", "is": "Icelandic", "it": "Italian", "ja": "Japanese", "jw": "Javanese",
    "ka": "Georgian", "kk": "Kazakh", "km": "Khmer", "kn": "Kannada", "ko": "Korean", "la": "Latin",
    "lb": "Luxembourgish", "ln": "Lingala", "lo": "Lao", "lt": "Lithuanian", "lv": "Latvian",
    "mg": "Malagasy", "mi": "Maori", "mk": "Macedonian", "ml": "Malayalam", "mn": "Mongolian",
    "mr": "Marathi", "ms": "Malay", "mt": "Maltese", "my": "Burmese", "ne": "Nepali", "nl": "Dutch",
    "nn": "Norwegian Nynorsk", "no": "Norwegian", "oc": "Occitan", "pa": "Punjabi", "pl": "Polish",
    "ps": "Pashto", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sa": "Sanskrit",
    "sd": "Sindhi", "si": "Sinhala", "sk": "Slovak", "sl": "Slovene", "sn": "Shona", "so": "Somali",
    "sq": "Albanian", "sr": "Serbian", "su": "Sundanese", "sv": "Swedish", "sw": "Swahili",
    "ta": "Tamil", "te": "Telugu", "tg": "Tajik", "th": "Thai", "tk": "Turkmen", "tl": "Tagalog",
    "tr": "Turkish", "tt": "Tatar", "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek",
    "vi": "Vietnamese", "yi": "Yiddish", "yo": "Yoruba", "yue": "Cantonese", "zh": "Chinese",
}  # fmt: skip
"""Of the languages that Whisper knows, by its codes."""
_ASKED = "|".join(
    name
    # "Latin" is a kind of music, and other codes than of two letters are no arguments.
    for code, name in NAMES.items()
    if len(code) == 2 and code not in ("la", "nn")
)
_AFTER_A_LANGUAGE = (
    "is|are|was|were|do|does|did|has|have|what|which|who|when|where|how|why|that|and|or|but|by|at"
    "|on|to|for|from|before|after|between|during|with|says?|said|spoken"
)
"""What may follow "in French": before a noun, as in "in French history", it names no language."""
_SAID_TO_BE_SPOKEN = re.compile(
    rf"\b(?:in ({_ASKED})(?=\s*(?:$|[^\w\s]|(?:{_AFTER_A_LANGUAGE})\b))"
    rf"|(?:speaks?|speaking|spoken?) ({_ASKED})\b|({_ASKED})[- ](?:speak(?:ers?|ing)\b))",
    re.IGNORECASE,
)
_ASKS_WHETHER = re.compile(
    r"\s*(?:is|are|was|were|do|does|did|can|could|who|which|how many)\b", re.IGNORECASE
)
"""How questions begin that ask whether, or who, speaks a language rather than say so."""
_LANGUAGE = re.compile(rf"\b({_ASKED})\b", re.IGNORECASE)


def _known(code: str) -> str:
    plain = code.strip().lower()
    plain = _WHISPERS_OWN.get(plain, plain)
    if plain not in NAMES:
        meant = next((known for known, name in NAMES.items() if name.lower() == plain), None)
        hint = "such as en, fr or zh" if meant is None else f"as {meant} is"
        raise ValueError(f"{code!r} is no ISO 639 code of a language that Whisper knows, {hint}")
    return plain


_WHISPERS_OWN = {"jv": "jw", "yue": "zh"}
"""Codes of ISO 639 in place of which Whisper base has others."""


LanguageCode = Annotated[str, AfterValidator(_known)]
"""The code of a language that Whisper knows, as an argument."""


def language_in(question: str) -> str | None:
    """ISO code of the one language that a question says is spoken, or None.

    Only "in French", "speaks French" and "the French speaker" say so: "the Tibetan monk" and "of
    Armenian origin" name people and things.

    >>> language_in("What is said in French?"), language_in("Which Tibetan bowl is heard?")
    ('fr', None)
    >>> language_in("What is she asked in Italian cuisine?"), language_in("French or Italian?")
    (None, None)
    """
    named = {name.lower() for name in _LANGUAGE.findall(question)}
    match = _SAID_TO_BE_SPOKEN.search(question)
    if match is None or len(named) > 1 or _ASKS_WHETHER.match(question):
        return None
    spoken = next(name for name in match.groups() if name).lower()
    return next(code for code, name in NAMES.items() if name.lower() == spoken)


class SpokenLanguage(Tool[SpanArguments]):
    """Language identification by Whisper base, where Silero hears speech at all.

    Of several languages one after the other it tells each with its times.
    """

    name = "spoken_language"
    description = "Tells which language is spoken, such as English, French, Spanish or Russian."
    not_for = "Not for dialects or accents, nor for the language of what is sung."
    examples = (
        "Which language is being spoken?",
        "Is the speaker talking in German or in French?",
        "True or false: the tour guide addresses the visitors in Japanese.",
        "I need an interpreter for this emergency call, but for what?",
        "What tongue is the radio host using?",
        "Mandarin, Korean or Vietnamese: what is the shopkeeper talking?",
        "Does the speech switch from English to something else in the second half?",
        "Which of these does the old woman talk in: Polish, Czech or Russian?",
        "Should I send this voicemail to our German team or to the Dutch one?",
        "Name the language of the audiobook.",
    )
    version = "13"
    licence = "MIT"
    domain = Domain.SPEECH
    Arguments = SpanArguments
    packages = ("faster-whisper",)
    extra = "speech"
    weights = ("whisper-base", "silero-vad", "yamnet")

    def load(self) -> None:
        """Load both networks."""
        from audiorouter.toolbox.frontends.speech import load_networks
        from audiorouter.toolbox.frontends.whisper import MULTILINGUAL, whisper

        whisper(MULTILINGUAL)
        load_networks()

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Identify the language."""
        from audiorouter.toolbox.frontends.energy import Segment
        from audiorouter.toolbox.frontends.speech import speech_segments
        from audiorouter.toolbox.frontends.whisper import (
            MULTILINGUAL,
            SAMPLE_RATE,
            weighed,
            whisper,
        )

        if (reason := without_speech(clip)) is not None:
            return Finding.not_measured(reason, language=None)
        segments = speech_segments(clip)
        begin = most_speech(segments)
        start = round(begin * SAMPLE_RATE)
        # It listens to the first half of what it is given.
        audio = clip.mono(SAMPLE_RATE)[start : start + round(2 * _HEARD * SAMPLE_RATE)].copy()
        _, _, ranked = whisper(MULTILINGUAL).detect_language(audio)
        spoken = _spoken(segments, begin)
        likely = [(code, round(float(p), 3)) for code, p in weighed(ranked, spoken)[:3]]
        code, _ = likely[0]
        when, part = "", dict[str, float]()
        end = min(begin + _HEARD, clip.duration)
        if spoken < sum(segment.end - segment.start for segment in segments) - ELSEWHERE:
            part = {"start_s": round(begin, 1), "end_s": round(end, 1)}
            when = f" from {begin:.1f} to {end:.1f} s"
        heard = [
            Segment(max(s.start, begin), min(s.end, end))
            for s in segments
            if s.end > begin and s.start < end
        ]
        stretches, too_short = stretches_by_language(clip, heard, code)
        if _are_several(stretches, code):
            finding = self._several(stretches, part, when)
        else:
            finding = self._one(likely, part, when)
        return _with_untold(finding, too_short)

    def _one(
        self, likely: Sequence[tuple[str, float]], part: dict[str, float], when: str
    ) -> Finding:
        """What is found where all of it is in one language, of the likeliest ones."""
        (code, probability), (other, _) = likely[:2]
        data = {
            "language": code,
            "probability": probability,
            "candidates": [{"language": c, "probability": p} for c, p in likely],
            **part,
        }
        name = NAMES.get(code, code)
        evidence = _log_odds(probability)
        if probability >= CLEAR:
            text = f"The language that is spoken{when} is {name}."
            return Finding(data, text, self.confidence(evidence))
        text = (
            f"The language{when} is not certain: perhaps {name}, perhaps {NAMES.get(other, other)}."
        )
        return Finding(data, text, self.confidence(evidence, unsure=True))

    def _several(self, stretches: Sequence[Stretch], part: dict[str, float], when: str) -> Finding:
        """What is found where several languages are spoken one after the other."""
        spoken, sure = dict[str, float](), dict[str, float]()
        told, unsure = list[str](), list[str]()
        for language, start, end, probability, likeliest, _ in stretches:
            times = f"from {start:.1f} to {end:.1f} s"
            if language is None:
                unsure.append(f"{times} (perhaps {NAMES.get(likeliest, likeliest)})")
                continue
            told.append(f"{NAMES.get(language, language)} {times}")
            spoken[language] = spoken.get(language, 0.0) + end - start
            sure[language] = max(probability, sure.get(language, 0.0))
        candidates = [
            {"language": code, "probability": round(sure[code], 3)}
            for code in sorted(spoken, key=spoken.__getitem__, reverse=True)
        ]
        data = {
            **candidates[0],
            "candidates": candidates,
            **part,
            "stretches": [
                {"language": s.language, "start_s": round(s.start, 1), "end_s": round(s.end, 1)}
                for s in stretches
            ],
        }
        count = f"{'at least ' if unsure else ''}{number_word(len(spoken))}".capitalize()
        text = f"{count} languages are spoken{when}, one after the other: {listing(told)}."
        if alone := len(spoken) == 1:
            text = f"The language that is spoken{when} is {listing(told)}."
        if unsure:
            whether = "It may be another one" if alone else "The language is not certain"
            text = f"{text} {whether} {listing(unsure)}."
        return Finding(data, text, self.confidence(_log_odds(min(sure.values())), unsure=alone))


def _with_untold(finding: Finding, too_short: Sequence[tuple[float, float]]) -> Finding:
    """The finding with where too little is said, and too far from the rest, to tell anything."""
    if not too_short:
        return finding
    times = [f"from {start:.1f} to {end:.1f} s" for start, end in too_short[:_TIMES_NAMED]]
    left = len(too_short) - len(times)
    more = f", and at {count_of(left, 'other time')}" if left else ""
    text = f"{finding.text} Too short to tell its language is what is said {listing(times)}{more}."
    spans = [{"start_s": round(start, 1), "end_s": round(end, 1)} for start, end in too_short]
    return replace(finding, text=text, data={**finding.data, "too_short": spans})


def _are_several(stretches: Sequence[Stretch], main: str) -> bool:
    """Whether two languages are told, or the clip's `main` one and something that it is not."""
    told = {stretch.language for stretch in stretches} - {None}
    other = any(s.language is None and s.of_main < _NOT_THAT_ONE for s in stretches)
    return len(told) > 1 or (told == {main} and other)


def _log_odds(probability: float) -> float:
    inside = min(0.99, max(0.01, probability))
    return math.log(inside / (1 - inside))


def most_speech(segments: Sequence[Segment]) -> float:
    """Where the half minute begins in which most is said, in s from the clip's beginning.

    Of several it is the first; one that begins long before somebody speaks begins a moment before
    that instead: of much that is no speech Whisper makes a language too.
    """
    edges = [edge for s in segments for edge in (s.start, s.end - _HEARD) if edge > 0]
    begin = max([0.0, *edges], key=lambda edge: (round(_spoken(segments, edge), 2), -edge))
    first = next(segment.start for segment in segments if segment.end > begin)
    return first - _BEFORE if first > begin + LATE else begin


def _spoken(segments: Sequence[Segment], begin: float) -> float:
    """Seconds of speech in the half minute from `begin` on."""
    end, spoken = begin + _HEARD, 0.0
    first = bisect.bisect_left(segments, begin, key=lambda segment: segment.end)
    for segment in itertools.takewhile(
        lambda s: s.start < end, itertools.islice(segments, first, None)
    ):
        spoken += min(segment.end, end) - max(segment.start, begin)
    return spoken

"""The rules router: words in the question and its choices say which tool may help.

Written by hand, deliberately simple, and documented in docs/routers.md: a baseline that anybody can
read, and the default where no trained router fits.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Rule(NamedTuple):
    """`pattern` is searched in the question, `choices` (if any) must match every choice."""

    tool: str
    pattern: re.Pattern[str] | None = None
    choices: re.Pattern[str] | None = None

    def applies(self, question: str, choices: tuple[str, ...]) -> bool:
        """Whether the rule calls its tool for this question."""
        if self.pattern is not None and self.pattern.search(question):
            return True
        return (
            self.choices is not None
            and bool(choices)
            and all(self.choices.search(choice) for choice in choices)
        )


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b", re.IGNORECASE)


_NOTE = r"[A-G](?:#|b|♯|♭| sharp| flat)?(?:/[A-G][#b])?"
_PRESSED = (
    r"(?:press(?:es|ed|ing)?|push(?:es|ed|ing)?|dial(?:s|l?ed|l?ing)?|typ(?:ed|ing|es?(?! of)))"
)
"""What is done to a key of a telephone or a keyboard, which is none of music."""

RULES: tuple[Rule, ...] = (
    Rule(
        "transcribe",
        _words(
            r"sa(?:y|ys|id|ying)",
            r"spoken",
            r"words?",
            r"sentences?",
            r"phrases?",
            r"mention\w*",
            r"transcri\w+",
            r"asked (?:to|for)",
            r"digits?",
            r"spell\w*",
            r"announce\w*",
            r"message",
            r"talk\w* about",
            r"caller",
            r"told",
        ),
    ),
    Rule(
        "find_word",
        _words(
            r"when (?:is|was|does) .*(?:said|spoken|mentioned|says?)",
            r"is the word",
            r"words? .*times",
        ),
    ),
    Rule(
        "speaking_rate",
        _words(r"pauses?", r"(?:speak|talk)\w* (?:fast(?:er)?|slow\w*)", r"words per minute"),
    ),
    Rule(
        "voice_pitch",
        _words(
            r"(?:higher|deeper|lower) voice",
            r"voices? (?:is|are)? ?(?:higher|deeper|lower|high|deep)",
        ),
    ),
    Rule(
        "speech_activity",
        _words(
            r"(?:begins?|starts?) to (?:talk|speak)",
            r"speech (?:begin|start|end)s?",
            r"anybody speak",
        ),
    ),
    Rule("speech_quality", _words(r"speech quality", r"(?:voice|speech).*(?:noisy|clean)")),
    Rule("spoken_language", _words(r"languages?")),
    Rule(
        "speakers",
        _words(
            r"how many (?:different |distinct )?(?:people|persons|speakers|voices|talkers)",
            r"(?:number|count) of (?:different |distinct )?(?:people|persons|speakers|voices)",
            r"speakers?",
            r"who (?:is )?(?:speak\w*|talk\w*)",
            r"conversation",
            r"dialogue",
        ),
    ),
    Rule(
        "conversation",
        _words(
            r"who (?:says|asks|answers|mentions|suggests|replies)",
            r"(?:speaker|person|man|woman) (?:\w+ )?(?:says?|asks?|answers?|mentions?)",
        ),
    ),
    Rule(
        "prosody",
        _words(
            r"tone of (?:the |his |her |their )?(?:voice|speaker)",
            r"monotonous|excited|calm",
            r"(?:speaks?|talks?|sounds?|speaking|talking) (?:louder|higher|quieter|lower)",
        ),
    ),
    Rule(
        "tempo",
        _words(r"tempo", r"bpm", r"beats per minute", r"how fast", r"pace"),
        _words(r"\d+ ?bpm"),
    ),
    Rule(
        "beat_regularity",
        _words(
            r"speeds? up",
            r"slows? down",
            r"tempo change\w*",
            r"accelerando",
            r"ritardando",
            r"steady",
        ),
    ),
    Rule(
        "meter",
        _words(
            r"time signature",
            r"met(?:er|re)",
            r"waltz",
            r"beats (?:are )?(?:there )?(?:in|per) (?:a|each|every)? ?(?:bar|measure)",
        ),
        re.compile(r"^\d+/\d+$"),
    ),
    Rule(
        "beats",
        _words(r"how many beats(?! (?:are )?(?:there )?(?:in|per))", r"when (?:is|are) the beats?"),
    ),
    Rule(
        "key",
        re.compile(
            r"\b(?:tonality|tonic|major or (?:in )?(?:a )?minor|scale)\b"
            rf"|^(?!.*\b(?:{_PRESSED}\W+(?:\w+\W+){{0,2}}key|key\W+(?:\w+\W+){{0,4}}{_PRESSED})\b)"
            r".*\bkey\b",
            re.IGNORECASE | re.DOTALL,
        ),
        re.compile(rf"^{_NOTE} (?:major|minor)$", re.IGNORECASE),
    ),
    Rule("chords", _words(r"chords?", r"harmon(?:y|ies|ic)", r"progression")),
    Rule("melody", _words(r"intervals?", r"contour", r"leaps?", r"steps?", r"melod\w+ go\w*")),
    Rule(
        "notes",
        _words(
            r"how many (?:notes|tones)", r"(?:lowest|highest) note", r"at the same time", r"notes"
        ),
    ),
    Rule("onsets", _words(r"strokes?", r"hits?", r"claps?", r"knocks?", r"onsets?", r"attacks?")),
    Rule(
        "instruments",
        _words(r"instruments?", r"famil(?:y|ies)", r"strings?", r"brass", r"woodwinds?"),
    ),
    Rule(
        "music_tags",
        _words(
            r"genres?",
            r"musical style",
            r"style of (?:the )?music",
            r"moods?",
            r"era",
            r"decade",
            r"vocals?",
            r"singing",
            r"sings?",
            r"singers?",
            r"choir",
        ),
    ),
    Rule("dynamics", _words(r"dynamic\w*", r"contrasts?", r"accents?")),
    Rule("sections", _words(r"sections?", r"music changes?", r"form")),
    Rule(
        "pitch",
        _words(
            r"pitch\w*",
            r"notes?",
            r"melod\w+",
            r"frequency",
            r"hz",
            r"hertz",
            r"ascend\w*",
            r"descend\w*",
            r"ris(?:e|es|ing)",
            r"fall(?:s|ing)?",
            r"(?:goes|going|go) (?:up|down)",
        ),
        re.compile(rf"^{_NOTE}\d?$"),
    ),
    Rule(
        "loudness",
        _words(
            r"loud\w*",
            r"quiet\w*",
            r"volume",
            r"soft(?:er|ly)?",
            r"crescendo",
            r"decrescendo",
            r"diminuendo",
            r"fad(?:e|es|ing)",
            r"level",
            r"dynamics",
        ),
    ),
    Rule(
        "noise",
        _words(r"noisy", r"background noise", r"signal-to-noise", r"snr", r"echo\w*", r"reverb\w*"),
    ),
    Rule("brightness", _words(r"bright\w*", r"dark", r"dull\w*", r"muffled", r"timbre", r"shrill")),
    Rule("stereo", _words(r"left", r"right", r"stereo", r"mono", r"(?:which|one) side")),
    Rule(
        "silences",
        _words(
            r"silen(?:ce|ces|t)",
            r"gaps?",
            r"how long is the (?:clip|recording|file|audio)",
            r"total (?:length|duration)",
        ),
    ),
    Rule(
        "repetition",
        _words(r"repeat\w*", r"repetitions?", r"regular\w*", r"irregular\w*", r"recur\w*"),
    ),
    Rule(
        "count_sound", _words(r"how (?:many times|often) (?:is|does|do|are|can) (?:the|a|an) \w+")
    ),
    Rule(
        "sound_events",
        _words(
            r"how many times",
            r"how often",
            r"times (?:does|is|do|are)",
            r"count",
            r"first",
            r"last",
            r"order",
            r"before",
            r"after",
            r"when",
            r"how long",
            r"dur(?:ation|ing)",
            r"second half",
            r"sequence",
            r"how many (?!people|persons|speakers|voices|different|distinct|beats)\w+",
        ),
    ),
    Rule(
        "sound_tags",
        _words(
            r"what (?:(?:kind|sort|type) of )?(?:sounds?|animals?|vehicles?|noises?|birds?)",
            r"which (?:sounds?|animals?|instruments?|vehicles?|birds?|machine)",
            r"instruments?",
            r"source",
            r"hear[ds]?",
            r"mak(?:es|ing)",
            r"produc\w+",
            r"environment",
            r"scene",
            r"where",
        ),
    ),
)

FALLBACK = "sound_tags"
"""Called where no rule applies."""


def tools_for(question: str, choices: tuple[str, ...]) -> list[str]:
    """Names of the tools whose rules apply, in the order of the rules; else the fallback."""
    tools = [rule.tool for rule in RULES if rule.applies(question, choices)]
    return tools or [FALLBACK]

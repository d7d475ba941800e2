"""musicnn's tags by what they are about, with those that mean the same under one name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audiorouter.sentence_encoder import SentenceEncoder

Group = Mapping[str, tuple[str, ...]]
"""Names as they are told, with the tags that stand for each."""


def _alone(*tags: str) -> dict[str, tuple[str, ...]]:
    return {tag.lower(): (tag,) for tag in tags}


GENRES: Group = {
    **_alone(
        "rock", "pop", "alternative", "indie", "dance", "alternative rock", "jazz", "metal",
        "classic rock", "soul", "indie rock", "folk", "punk", "blues", "hard rock", "ambient",
        "acoustic", "experimental", "Hip-Hop", "country", "easy listening", "funk", "heavy metal",
        "Progressive rock", "indie pop", "House", "techno", "opera", "new age", "indian", "oldies",
    ),
    "classical": ("classical", "classic"),
    "electronic": ("electronic", "electronica", "electro"),
    "R&B": ("rnb",),
    "chillout": ("chillout", "chill"),
}  # fmt: skip
ERAS: Group = _alone("60s", "70s", "80s", "90s", "00s")
MOODS: Group = _alone(
    "beautiful", "Mellow", "party", "sexy", "catchy", "sad", "happy", "weird", "slow", "fast",
    "soft",
)  # fmt: skip
INSTRUMENTS: Group = {
    **_alone(
        "guitar", "piano", "violin", "cello", "strings", "harp", "harpsichord", "flute", "sitar",
        "drums",
    ),
    "synthesizer": ("synth",),
}  # fmt: skip
VOICES: Group = {
    "male vocals": ("male", "man", "male vocal", "male voice", "male vocalists"),
    "female vocals": (
        "female", "woman", "female vocal", "female voice", "female vocalist", "female vocalists",
    ),
    "choir": ("choir", "choral"),
    "singing": ("singing", "vocal", "vocals", "voice", "opera"),
}  # fmt: skip
NO_VOICE: Group = {"instrumental": ("no vocals", "no vocal", "no voice", "instrumental")}
ALL: Group = {**GENRES, **ERAS, **MOODS, **INSTRUMENTS, **VOICES, **NO_VOICE}

_LONGEST = 4
"""Words of a name; longer choices are statements."""
_MEANS_THE_SAME = 0.5
"""Cosine from which a name that no tag has is taken for the nearest one's."""
_FILLERS = frozenset({"music", "song", "style", "genre", "the", "a", "an", "of"})
_SPOKEN = {
    "sixties": "60s", "seventies": "70s", "eighties": "80s", "nineties": "90s",
    "r&b": "R&B",
    "synth": "synthesizer", "men": "male vocals", "women": "female vocals",
    "no singing": "instrumental", "without vocals": "instrumental",
    "without voice": "instrumental", "without voices": "instrumental",
    "without singing": "instrumental", "no voices": "instrumental", "voices": "singing",
    "choral": "choir", "rap": "hip-hop", "string": "strings", "classic": "classical",
    "orchestral": "classical", "electronica": "electronic", "relaxing": "mellow", "calm": "mellow",
}  # fmt: skip
"""What names are called otherwise, beside the tags of voices."""
_WHOSE = frozenset(VOICES) - {"singing"}
"""Names that say whose voice it is, which "voice" and "singing" do not."""


def names_among(choices: tuple[str, ...]) -> tuple[str, ...]:
    """The choices, where they name music: short ones, half of them by names that are known here.

    >>> names_among(("Jazz music", "Reggae", "Heavy metal")), names_among(("in C", "in D"))
    (('Jazz music', 'Reggae', 'Heavy metal'), ())
    """
    short = all(len(choice.split()) <= _LONGEST for choice in choices)
    if len(choices) < 2 or not short or 2 * sum(map(bool, map(named, choices))) < len(choices):
        return ()
    return choices


def named(text: str) -> str | None:
    """The name that stands in a text: the longest of several.

    >>> named("a heavy metal song"), named("from the 1980s"), named("female voice"), named("tuba")
    ('heavy metal', '80s', 'female vocals', None)
    """
    words = _words(text)
    said = _said()
    found = [known for known in said if _words(known) <= words]
    if any(said[known] in _WHOSE for known in found):
        found = [known for known in found if said[known] != "singing"]
    longest = max(found, key=lambda known: (len(_words(known)), known), default=None)
    return None if longest is None else said[longest]


def meant(text: str) -> str | None:
    """The name in a text, or the one that means most nearly the same; None where none is near."""
    if (name := named(text)) is not None:
        return name
    encoder, names = _encoder(), list(ALL)
    near = encoder.encode(names) @ encoder.encode([text])[0]
    return names[int(near.argmax())] if float(near.max()) >= _MEANS_THE_SAME else None


@lru_cache(maxsize=1)
def _said() -> dict[str, str]:
    """What a text may say, with the name that it stands for."""
    voices = {tag: name for name, tags in {**VOICES, **NO_VOICE}.items() for tag in tags}
    return voices | {name: name for name in ALL} | _SPOKEN


@lru_cache(maxsize=2048)
def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z&]+|\d\ds\b", text.lower())) - _FILLERS


@lru_cache(maxsize=1)
def _encoder() -> SentenceEncoder:
    from audiorouter.sentence_encoder import SentenceEncoder

    return SentenceEncoder(keep=True)  # names of classes are the same in every process

"""How English words are pronounced: the CMU Pronouncing Dictionary, read as a file.

http://www.speech.cs.cmu.edu/cgi-bin/cmudict: 126,000 words in ARPAbet, whose vowels bear their
stress: 1 primary, 2 secondary, 0 none. Of several pronunciations the first one is taken.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from audiorouter.text import spelled
from audiorouter.weights import locate

DICTIONARY = "cmudict"
_FILE = "cmudict.dict"
_HISSING = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})
_VOICELESS = frozenset({"P", "T", "K", "F", "TH"})


class Pronunciation(NamedTuple):
    """A word in phonemes, as the dictionary has it.

    >>> hello = Pronunciation("hello", ("HH", "AH0", "L", "OW1"))
    >>> hello.syllables, hello.stresses, hello.sounds, hello.rhyme
    (2, (0, 1), ('HH', 'AH', 'L', 'OW'), ('OW',))
    """

    word: str
    phonemes: tuple[str, ...]
    variants: int = 1
    """How many pronunciations the dictionary has of the word; this is the first."""

    @property
    def sounds(self) -> tuple[str, ...]:
        """The phonemes without stress."""
        return tuple(phoneme.rstrip("012") for phoneme in self.phonemes)

    @property
    def stresses(self) -> tuple[int, ...]:
        """Of each vowel: 1 primary stress, 2 secondary, 0 none."""
        return tuple(int(phoneme[-1]) for phoneme in self.phonemes if phoneme[-1].isdigit())

    @property
    def syllables(self) -> int:
        """Number of syllables: each has one vowel."""
        return len(self.stresses)

    @property
    def rhyme(self) -> tuple[str, ...]:
        """Sounds from the last stressed vowel on; from the last vowel where none is stressed."""
        vowels = [i for i, phoneme in enumerate(self.phonemes) if phoneme[-1].isdigit()]
        stressed = [i for i in vowels if self.phonemes[i][-1] != "0"]
        return self.sounds[(stressed or vowels or [0])[-1] :]

    @property
    def last_syllable(self) -> tuple[str, ...]:
        """Sounds from the last vowel on."""
        vowels = [i for i, phoneme in enumerate(self.phonemes) if phoneme[-1].isdigit()]
        return self.sounds[vowels[-1] :] if vowels else self.sounds


def rhymes(one: Pronunciation, other: Pronunciation) -> bool:
    """Whether two words rhyme: alike from the last stressed vowel on, and not the same sounds.

    >>> tone = Pronunciation("tone", ("T", "OW1", "N"))
    >>> rhymes(tone, Pronunciation("phone", ("F", "OW1", "N"))), rhymes(tone, tone)
    (True, False)
    """
    stressed = any(one.stresses) and any(other.stresses)
    return stressed and one.rhyme == other.rhyme and one.sounds != other.sounds


@cache
def dictionary() -> dict[str, str]:
    """The dictionary's lines by their word, read once a worker; variants as `word(2)`."""
    entries = {}
    with (locate(DICTIONARY) / _FILE).open(encoding="utf-8") as stream:
        for line in stream:
            word, _, rest = line.partition(" ")
            entries[word] = rest.partition("#")[0].strip()
    return entries


def pronounced(word: str) -> Pronunciation | None:
    """The first pronunciation of a written word, None where it is not in the dictionary.

    A possessive is made from its word: the rule of "'s" has no exceptions.
    """
    known = dictionary()
    key = word.lower().replace("’", "'")
    if key in known:
        return Pronunciation(key, tuple(known[key].split()), _variants(known, key))
    if key.endswith("'s") and (owner := known.get(key[:-2])) is not None:
        phonemes = tuple(owner.split())
        return Pronunciation(key, (*phonemes, *_ending(phonemes[-1])), _variants(known, key[:-2]))
    return None


def _variants(known: dict[str, str], key: str) -> int:
    count = 1
    while f"{key}({count + 1})" in known:
        count += 1
    return count


def _ending(last: str) -> tuple[str, ...]:
    if last in _HISSING:
        return ("IH0", "Z")
    return ("S",) if last in _VOICELESS else ("Z",)


def spoken_parts(text: str) -> list[str]:
    """Words of a piece of a transcript as a dictionary has them; small numbers are spelled out.

    >>> spoken_parts("twenty-one,"), spoken_parts("42"), spoken_parts("caller's")
    (['twenty', 'one'], ['forty', 'two'], ["caller's"])
    """
    parts = re.findall(r"\d+|[^\W\d_]+(?:['’][^\W\d_]+)*", text)
    said = [spelled(int(p)) if p.isdigit() and len(p) <= 2 else p for p in parts]
    return [word for part in said for word in part.split("-")]

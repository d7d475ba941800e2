"""What is said in the recordings of a split, and by which voices."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import librosa
import numpy as np
import soxr

from audioqa.facts import Value
from audioqa.material import Material
from audioqa.sources import NUMBERS, RATE, silence

_NOT_PLAIN = re.compile(r"[<*#-]|www|\b[A-Z]{2,}|[A-Z] [A-Z]\b|(?i:bluetooth|usb|beep)")
_MISPRINTED = frozenset(
    {"queue-periodic-announce", "unidentified-no-callback", "invalid", "pbx-invalid"}
)
"""Prompts of which the transcript has other words than the voice says."""
SAME_PERSON = frozenset({"English", "Spanish"})
"""Languages in which one actress reads."""
PITCH = {
    "ktuberling/da": 121, "ktuberling/de": 140, "ktuberling/en": 119, "ktuberling/ga": 114,
    "ktuberling/it": 220, "ktuberling/lt": 142, "ktuberling/ro": 244, "ktuberling/uk": 232,
    "ktuberling/ca": 214, "ktuberling/fi": 282, "ktuberling/pt": 232, "ktuberling/sl": 146,
    "ktuberling/es": 121, "ktuberling/nds": 98, "ktuberling/nl": 333, "ktuberling/ru": 182,
    "ktuberling/sr": 290,
}  # fmt: skip
"""Median pitch, in Hz, of those who say names of things (probabilistic YIN, twelve words each).

Left out are speakers of the test split whom tools were fitted with (`toolbench.talk.EXPLORED`), one
with hum, and one whose files are another's.
"""


@dataclass(frozen=True)
class Line:
    """A spoken prompt."""

    language: str
    name: str
    text: str

    @property
    def words(self) -> tuple[str, ...]:
        """In lower case, without punctuation."""
        return words_of(self.text)

    @property
    def source(self) -> str:
        """As in a fact's sources."""
        return f"prompt:{self.language}/{self.name}"


Item = Line | int
"""A prompt, or a number in English."""


def words_of(text: str) -> tuple[str, ...]:
    """Words in lower case, without punctuation."""
    return tuple(re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", text.lower()))


def lines(material: Material, language: str, words: tuple[int, int]) -> list[Line]:
    """Prompts whose words are plain, each text once."""
    found: dict[tuple[str, ...], Line] = {}
    for name, text in material.prompts(language, words).items():
        line = Line(language, name, re.sub(r"\s+", " ", text).strip(" :"))
        if not _NOT_PLAIN.search(text) and name not in _MISPRINTED and "digits/" not in name:
            found.setdefault(line.words, line)
    return list(found.values())


def said(material: Material, line: Line) -> np.ndarray:
    """The prompt, `(samples,)`, at the common level."""
    return material.heard.prompt(line.language, line.name)


def recorded(material: Material, item: Item) -> tuple[np.ndarray, str]:
    """The audio of a prompt or a number, and the source."""
    if isinstance(item, Line):
        return said(material, item), item.source
    return material.heard.prompt("English", f"digits/{item}"), f"prompt:English/digits/{item}"


def words_in(item: Item) -> tuple[str, ...]:
    """Words of a prompt, or the one of a number."""
    return item.words if isinstance(item, Line) else (NUMBERS[item],)


def things_said(material: Material, speaker: str, rng: random.Random, seconds: float) -> np.ndarray:
    """Names of things by one speaker, for about as long."""
    parts: list[np.ndarray] = []
    while sum(map(len, parts)) < seconds * RATE:
        word = material.heard.word(speaker, rng.choice(material.heard.words(speaker)))
        parts += [word, silence(rng.uniform(0.1, 0.25))]
    return np.concatenate(parts[:-1])


def speakers(material: Material) -> list[str]:
    """Those of the split who say names of things, one language each."""
    return [name for name in material.names("speaker") if name in PITCH]


def altered(audio: np.ndarray, factor: float) -> np.ndarray:
    """Another voice: played so much faster, and so higher."""
    return np.asarray(soxr.resample(audio, RATE, RATE / factor), dtype=np.float32)


def paced(audio: np.ndarray, factor: float) -> np.ndarray:
    """So much faster at the same pitch."""
    return np.asarray(librosa.effects.time_stretch(audio, rate=factor), dtype=np.float32)


def longest_rest(audio: np.ndarray) -> float:
    """The longest silence within, in s: of frames of 10 ms below a tenth of the loud ones."""
    frame = RATE // 100
    frames = audio[: len(audio) // frame * frame].reshape(-1, frame)
    level = np.sqrt((frames**2).mean(axis=1))
    longest = current = 0
    for quiet in level < 0.1 * np.percentile(level, 90):
        current = current + 1 if quiet else 0
        longest = max(longest, current)
    return longest / 100


def alike(word: str, other: str) -> bool:
    """Whether one could be taken for the other: they begin or end the same way."""
    return word[:3] == other[:3] or word in other or other in word or word[-4:] == other[-4:]


def word_value(word: str) -> Value:
    """A word as a choice."""
    return Value("{answer}", {"answer": word, "answer_uppercase": word.upper()})


def sentence_value(text: str) -> Value:
    """A sentence as a choice."""
    plain = " ".join(words_of(text))
    return Value("{sentence}", {"sentence": text, "sentence_lowercase_no_punctuation": plain})


def other_words(spoken: Sequence[str], pool: Sequence[Line]) -> list[str]:
    """Words of other lines, of four letters or more, that none of the spoken ones sounds like."""
    found = {word for line in pool for word in line.words if len(word) >= 4}
    return sorted(word for word in found if not any(alike(word, one) for one in spoken))

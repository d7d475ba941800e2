"""Metre, number of bars, key, mode, pace, tempo and drums of backings."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from audioqa.chances import in_turn
from audioqa.facts import Value, number
from audioqa.skills.music_backing import METRES, Backing, Band, Metre, bands, cadenced, heard
from audioqa.skills.music_kinds import Book
from audioqa.skills.music_kits import Kit
from audioqa.skills.music_theory import KEYS, MODES, Key, key_value, mode_value

FASTEST = {"2/4": 132, "3/4": 168, "4/4": 184, "6/8": 92}
SLOWEST = {"2/4": 80, "3/4": 84, "4/4": 84, "6/8": 48}
MOST_SECONDS, LEAST_SECONDS = 13.4, 4.0
PACES = {"slow": (50, 57), "moderate": (94, 106), "fast": (170, 184)}
"""Beats a minute that nobody calls otherwise."""
TEMPI = range(72, 150)
OTHER_TEMPI = (0.6, 0.72, 0.82, 1.18, 1.28, 1.4, 1.62, 1.8)
"""Wrong tempi as parts of the right one: none is a multiple of it that is felt as well."""
DUPLE = ("2/4", "4/4")
SURE = "4/4"
"""A metre whose beat is counted by everybody."""


def make(book: Book, rng: random.Random, kits: Sequence[Kit]) -> None:
    """Find facts about backings."""
    playing = bands(book, rng, kits)
    _bars(book, rng, playing)
    _paces(book, rng, playing)
    _tempi(book, rng, playing)


def metre_wrong(metre: str, duple: str) -> list[Value]:
    """Two other metres: of 2/4 and 4/4, which are not told apart, only `duple`."""
    beside = ("3/4", "6/8") if metre in DUPLE else (duple, "3/4", "6/8")
    return [Value(one) for one in beside if one != metre]


def tempo_value(bpm: int) -> Value:
    """A tempo, 3 BPM to both sides as a range."""
    return number(bpm, "{n} BPM", reach=3)


def tempo_wrong(bpm: int) -> list[Value]:
    """Other tempi."""
    return [tempo_value(round(bpm * part)) for part in OTHER_TEMPI]


def bars_wrong(bars: int) -> list[Value]:
    """Other numbers of bars, but not half or twice as many: that is a matter of the metre."""
    near = range(max(2, bars - 3), bars + 4)
    return [number(n) for n in near if n not in (bars, 2 * bars, bars / 2)]


def fitting_bpm(metre: Metre, bars: int, rng: random.Random) -> int | None:
    """A tempo at which so many bars last as long as a clip may."""
    beats = 60 * bars * metre.beats
    slowest = max(SLOWEST[metre.name], -(-beats // MOST_SECONDS))
    fastest = min(FASTEST[metre.name], beats // LEAST_SECONDS)
    return rng.randint(int(slowest), int(fastest)) if slowest <= fastest else None


def _bars(book: Book, rng: random.Random, playing: Iterator[tuple[Band, Band]]) -> None:
    numbers, metres = in_turn(range(3, 11), rng), in_turn(list(METRES), rng)
    tonics, minors = in_turn(range(12), rng), in_turn((False, True), rng)
    index = 0
    while any(_left(book)):
        kind = ("with drums", "without drums")[index % 2]
        bars, metre = next(numbers), METRES[next(metres)]
        bpm = fitting_bpm(metre, bars, rng)
        if bpm is None:
            continue
        key, band = Key(next(tonics), next(minors)), next(playing)[index % 2]
        backing = Backing(bpm, metre, key, cadenced(key, bars, rng))
        clip = book.clip(f"bars_{index}", heard(book, backing, band, rng))
        said = band.sources
        book.add("bars", kind, clip, number(bars), bars_wrong(bars), said)
        others = metre_wrong(metre.name, DUPLE[index // 2 % 2])
        book.add("metre", kind, clip, Value(metre.name), others, said)
        if bars > 3:
            add_key(book, "band", clip, key, said, key_asked=index % 4 < 2)
        index += 1


def _left(book: Book) -> list[int]:
    kinds = ("with drums", "without drums")
    counted = [book.left(skill, kind) for skill in ("bars", "metre") for kind in kinds]
    return [*counted, book.left("key", "band"), book.left("mode", "band")]


def add_key(
    book: Book, kind: str, clip: str, key: Key, sources: Sequence[str], *, key_asked: bool
) -> None:
    """Ask for the key, or else for major or minor; for the other one if there are enough."""
    if (key_asked and book.left("key", kind)) or not book.left("mode", kind):
        near = key.neighbours if kind == "chorale" else ()
        wrong = [key_value(other) for other in KEYS if other != key and other not in near]
        book.add("key", kind, clip, key_value(key), wrong, sources)
    else:
        book.add("mode", kind, clip, mode_value(key), MODES, sources)


def _paces(book: Book, rng: random.Random, playing: Iterator[tuple[Band, Band]]) -> None:
    """Slow, moderate and fast backings, every other one without drums."""
    paces, keys, index = in_turn(list(PACES), rng), in_turn(KEYS, rng), 0
    while book.left("pace", "band") or book.left("drums", "band"):
        pace, key, drums = next(paces), next(keys), index % 2 == 0
        bpm = rng.randint(*PACES[pace])
        bars = {"slow": 3, "moderate": 4, "fast": 6}[pace]
        band = next(playing)[not drums]
        backing = Backing(bpm, METRES[SURE], key, cadenced(key, bars, rng))
        clip = book.clip(f"pace_{index}", heard(book, backing, band, rng))
        wrong = [Value(one) for one in PACES]
        book.add("pace", "band", clip, Value(pace), wrong, band.sources)
        answers = (Value("yes"), Value("no"))
        book.add("drums", "band", clip, answers[not drums], answers, band.sources)
        index += 1


def _tempi(book: Book, rng: random.Random, playing: Iterator[tuple[Band, Band]]) -> None:
    tempi, keys, index = in_turn(TEMPI, rng), in_turn(KEYS, rng), 0
    while book.left("tempo", "band"):
        bpm, key, (band, _) = next(tempi), next(keys), next(playing)
        backing = Backing(bpm, METRES[SURE], key, cadenced(key, 4, rng))
        clip = book.clip(f"tempo_{index}", heard(book, backing, band, rng))
        book.add("tempo", "band", clip, tempo_value(bpm), tempo_wrong(bpm), band.sources)
        index += 1

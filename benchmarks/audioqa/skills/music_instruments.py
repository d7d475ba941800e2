"""Instruments of General MIDI by their everyday names."""

from __future__ import annotations

from typing import NamedTuple

from audioqa.facts import Maker, Value

FAMILIES = ("strings", "brass", "woodwind", "keyboard", "percussion", "plucked")


class Instrument(NamedTuple):
    """An instrument: its `lowest` and `highest` note, as MIDI numbers, are comfortable ones."""

    name: str
    programs: tuple[int, ...]
    lowest: int
    highest: int
    alike: str
    """What it has in common with those it is never a choice beside."""
    family: str = ""
    """As in wordings.json; empty where people differ."""
    held: bool = False
    """Whether its notes sound as long as they are played."""


INSTRUMENTS = (
    Instrument("piano", (0, 1), 50, 84, "piano", "keyboard"),
    Instrument("electric piano", (4, 5), 48, 79, "piano", "keyboard"),
    Instrument("harpsichord", (6,), 48, 79, "harpsichord", "keyboard"),
    Instrument("organ", (16, 18, 19), 48, 79, "reeds", "keyboard", held=True),
    Instrument("accordion", (21, 23), 55, 79, "reeds", held=True),
    Instrument("harmonica", (22,), 60, 81, "reeds", held=True),
    Instrument("music box", (10,), 72, 91, "bells"),
    Instrument("celesta", (8,), 72, 91, "bells"),
    Instrument("glockenspiel", (9,), 74, 93, "bells", "percussion"),
    Instrument("tubular bells", (14,), 60, 77, "bells", "percussion"),
    Instrument("vibraphone", (11,), 57, 81, "bells", "percussion"),
    Instrument("marimba", (12,), 52, 79, "bars", "percussion"),
    Instrument("xylophone", (13,), 67, 91, "bars", "percussion"),
    Instrument("steel drum", (114,), 60, 81, "bars", "percussion"),
    Instrument("acoustic guitar", (24, 25), 48, 74, "guitar", "plucked"),
    Instrument("electric guitar", (26, 27, 29, 30), 48, 76, "guitar", "plucked"),
    Instrument("bass guitar", (33, 34), 31, 48, "guitar", "plucked"),
    Instrument("harp", (46,), 50, 81, "guitar", "plucked"),
    Instrument("banjo", (105,), 52, 76, "lute", "plucked"),
    Instrument("sitar", (104,), 52, 72, "lute", "plucked"),
    Instrument("koto", (107,), 52, 76, "lute", "plucked"),
    Instrument("violin", (40, 110), 60, 84, "bowed", "strings", held=True),
    Instrument("viola", (41,), 52, 72, "bowed", "strings", held=True),
    Instrument("cello", (42,), 42, 62, "bowed", "strings", held=True),
    Instrument("trumpet", (56, 59), 60, 79, "brass", "brass", held=True),
    Instrument("trombone", (57,), 46, 65, "brass", "brass", held=True),
    Instrument("French horn", (60,), 48, 69, "brass", "brass", held=True),
    Instrument("tuba", (58,), 36, 53, "brass", "brass", held=True),
    Instrument("saxophone", (64, 65, 66), 55, 75, "saxophone", "woodwind", held=True),
    Instrument("oboe", (68,), 60, 82, "double reed", "woodwind", held=True),
    Instrument("English horn", (69,), 54, 75, "double reed", "woodwind", held=True),
    Instrument("bassoon", (70,), 40, 60, "double reed", "woodwind", held=True),
    Instrument("clarinet", (71,), 55, 79, "clarinet", "woodwind", held=True),
    Instrument("bagpipes", (109,), 60, 77, "double reed", held=True),
    Instrument("flute", (73,), 64, 86, "flute", "woodwind", held=True),
    Instrument("recorder", (74,), 67, 86, "flute", "woodwind", held=True),
    Instrument("pan flute", (75,), 64, 84, "flute", "woodwind", held=True),
)


class Playable(NamedTuple):
    """An instrument as one of the split's programs plays it."""

    instrument: Instrument
    program: int

    @property
    def source(self) -> str:
        """As a fact names it."""
        return f"program:{self.program}"


def playable(maker: Maker) -> list[Playable]:
    """The instruments of the split, each program of them."""
    own = set(maker.material.programs)
    return [
        Playable(one, program) for one in INSTRUMENTS for program in one.programs if program in own
    ]


def chordal(maker: Maker) -> list[Playable]:
    """Those of the split on which chords are played."""
    names = {"piano", "electric piano", "harpsichord", "organ", "acoustic guitar"}
    return [one for one in playable(maker) if one.instrument.name in names]


def instrument_value(name: str) -> Value:
    """The instrument by its name."""
    return Value("{instrument}", {"instrument": name})


def other_instruments(*present: Instrument) -> list[Value]:
    """Those that nobody takes for one of these."""
    alike = {one.alike for one in present}
    return [instrument_value(one.name) for one in INSTRUMENTS if one.alike not in alike]


def family_values() -> list[Value]:
    """All of them."""
    return [Value(family) for family in FAMILIES]

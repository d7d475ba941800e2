"""What recorded sounds are called: only those of which nobody doubts what is heard.

Sounds which share a word of `alike` are easily taken for each other: they are never together in a
clip, nor among the choices of one question.
"""

from __future__ import annotations

from typing import NamedTuple


class Name(NamedTuple):
    """What a sound is called, and of what use it is."""

    noun: str
    doing: str
    """What it does, or nothing where the noun says it all."""
    alike: str
    once: float = 0
    """Seconds of its beginning in which it is heard exactly once; 0 where that is not clear."""
    steady: bool = False
    """It goes on without a break, so that it can last as long as one wants."""
    event: tuple[float, float] | None = None
    """From where to where in its recording (s) one event is heard, were it cut out of a longer one."""


class Instrument(NamedTuple):
    """A program of General MIDI that plays a note."""

    noun: str
    alike: str
    pitch: int
    held: bool = False
    """Its notes are as long as they are held."""


THINGS = {
    "stamp:bull": Name("bull", "bellowing", "cattle", event=(0.2, 1.1)),
    "stamp:cricket": Name("cricket", "chirping", "insect", event=(0.35, 0.66)),
    "stamp:crow": Name("crow", "cawing", "crow", once=0.4, event=(0, 0.42)),
    "stamp:cuckoo": Name("cuckoo", "calling", "cuckoo", once=0.65, event=(0.13, 0.95)),
    "stamp:duck": Name("duck", "quacking", "waterfowl", once=0.28, event=(0.13, 0.4)),
    "stamp:elephant": Name("elephant", "trumpeting", "elephant brass", event=(0.2, 1.1)),
    "stamp:goat": Name("goat", "bleating", "bleat", once=0.7, event=(0, 0.7)),
    "stamp:goose": Name("goose", "honking", "waterfowl"),
    "stamp:lion": Name("lion", "roaring", "roar", steady=True, event=(0.2, 1.1)),
    "stamp:tiger": Name("tiger", "growling", "roar"),
    "stamp:pig": Name("pig", "grunting", "grunt", once=0.2, event=(0, 0.25)),
    "stamp:blackbird": Name("blackbird", "singing", "songbird", event=(0, 0.78)),
    "stamp:fireworks": Name("firework", "going off", "bang crackle"),
    "stamp:washing machine": Name(
        "washing machine", "running", "engine noise", steady=True, event=(0, 0.8)
    ),
    "stamp:chimpanzee": Name("monkey", "screeching", "monkey", event=(0, 0.5)),
    "stamp:owl": Name("owl", "hooting", "owl flute", once=1.2, event=(0, 1.15)),
    "stamp:rooster": Name("rooster", "crowing", "fowl", once=1.8, event=(0.3, 1.1)),
    "stamp:seagull": Name("gull", "crying", "gull", steady=True, event=(0.3, 0.95)),
    "stamp:thunder": Name("thunder", "rolling", "bang", steady=True, event=(0, 0.9)),
    "stamp:toilet flushing": Name("toilet", "flushing", "noise", event=(0, 0.9)),
    "stamp:bee": Name("bee", "buzzing", "insect", steady=True, event=(1, 1.8)),
    "stamp:mosquito": Name("mosquito", "whining", "insect", steady=True, event=(0.3, 1.1)),
    "stamp:boiling kettle": Name("kettle", "boiling", "noise", steady=True, event=(0, 0.8)),
    "stamp:vacuum cleaner": Name(
        "vacuum cleaner", "running", "noise engine", steady=True, event=(0, 0.8)
    ),
    "stamp:fire engine siren": Name("siren", "wailing", "siren", steady=True, event=(0.4, 1.2)),
    "stamp:cat": Name("cat", "meowing", "cat", once=1.1, event=(0.3, 1.2)),
    "stamp:cow": Name("cow", "mooing", "cattle", once=1.1, event=(0.2, 1.1)),
    "stamp:dog": Name("dog", "barking", "dog", once=0.35, event=(0, 0.35)),
    "stamp:donkey": Name("donkey", "braying", "equine"),
    "stamp:horse": Name("horse", "neighing", "equine", once=1.5, event=(0.5, 1.4)),
    "stamp:sheep": Name("sheep", "bleating", "bleat", once=1.1, event=(0, 1.05)),
    "stamp:frog": Name("frog", "croaking", "frog"),
    "stamp:hen": Name("hen", "clucking", "fowl", event=(0.58, 0.78)),
    "stamp:turkey": Name("turkey", "gobbling", "fowl", event=(0, 0.9)),
    "stamp:mouse": Name("mouse", "squeaking", "squeak", event=(0.02, 0.25)),
    "stamp:whale": Name("whale", "singing", "whale"),
    "stamp:hammer": Name("hammer", "hitting something", "knock", once=0.2, event=(0, 0.2)),
    "stamp:saw": Name("hand saw", "sawing", "saw", event=(0.33, 0.65)),
    "scene:Blacksmith1": Name("hammer", "hitting metal", "knock bell"),
    "scene:FireStation3": Name("siren", "wailing", "siren", steady=True),
    "scene:Health4": Name("siren", "wailing", "siren", steady=True),
    "scene:Fire1": Name("fire", "crackling", "crackle"),
    "scene:Fire2": Name("fire", "crackling", "crackle", steady=True),
    "scene:Green3": Name("bird", "singing", "songbird cuckoo crow waterfowl fowl", steady=True),
    "scene:Fire3": Name("fire", "crackling", "crackle", steady=True),
    "scene:RailTrain2": Name("train", "passing", "engine noise"),
    "scene:RailTrain3": Name("train", "passing", "engine noise", steady=True),
    "scene:SportsCroud1": Name("crowd", "cheering", "crowd noise voice", steady=True),
    "scene:SportsCroud2": Name("crowd", "cheering", "crowd noise voice", steady=True),
    "scene:SportsCroud3": Name("crowd", "cheering", "crowd noise voice", steady=True),
    "scene:TraficHigh1": Name("traffic", "rushing by", "engine noise", steady=True),
    "sample:perc_bell2": Name("bell", "ringing", "bell", once=1.2),
    "sample:perc_bell": Name("bell", "ringing", "bell", once=1.2),
    "sample:perc_door": Name("door", "slamming", "knock", once=0.5),
    "sample:vinyl_scratch": Name("record scratch", "", "scratch", once=0.25),
    "sample:perc_snap": Name("finger snap", "", "snap", once=0.16),
    "sample:perc_snap2": Name("finger snap", "", "snap", once=0.17),
    "sample:perc_till": Name("cash register", "ringing", "till bell", once=1.2),
    "sample:misc_burp": Name("burp", "", "burp", once=0.49),
    "sample:misc_crow": Name("crow", "cawing", "crow", once=0.45),
    "program:124": Name("telephone", "ringing", "telephone bell"),
    "program:125": Name("helicopter", "flying", "engine noise", steady=True),
    "program:126": Name("applause", "", "crowd noise", steady=True),
    "program:127": Name("gunshot", "", "bang", once=1.0),
}
"""Animals and things, by `kind:name` of recordings.csv."""

INSTRUMENTS = {
    0: Instrument("piano", "piano", 60),
    1: Instrument("piano", "piano", 60),
    6: Instrument("harpsichord", "plucked", 60),
    9: Instrument("glockenspiel", "mallet bell", 84),
    10: Instrument("music box", "mallet bell", 72),
    11: Instrument("vibraphone", "mallet bell", 65),
    13: Instrument("xylophone", "mallet", 72),
    16: Instrument("organ", "organ", 60, held=True),
    18: Instrument("organ", "organ", 60, held=True),
    19: Instrument("church organ", "organ", 60, held=True),
    21: Instrument("accordion", "reed", 65, held=True),
    22: Instrument("harmonica", "reed", 69, held=True),
    24: Instrument("guitar", "plucked", 55),
    25: Instrument("guitar", "plucked", 55),
    29: Instrument("electric guitar", "electric plucked", 52, held=True),
    30: Instrument("electric guitar", "electric plucked", 52, held=True),
    34: Instrument("bass guitar", "plucked", 36),
    40: Instrument("violin", "bowed", 69, held=True),
    41: Instrument("viola", "bowed", 60, held=True),
    42: Instrument("cello", "bowed", 43, held=True),
    46: Instrument("harp", "plucked", 62),
    47: Instrument("kettledrum", "drum", 43),
    48: Instrument("string orchestra", "bowed", 60, held=True),
    52: Instrument("choir", "voice", 60, held=True),
    56: Instrument("trumpet", "brass", 67, held=True),
    57: Instrument("trombone", "brass", 53, held=True),
    58: Instrument("tuba", "brass", 40, held=True),
    60: Instrument("French horn", "brass", 55, held=True),
    65: Instrument("saxophone", "reed", 60, held=True),
    66: Instrument("saxophone", "reed", 57, held=True),
    68: Instrument("oboe", "reed", 67, held=True),
    70: Instrument("bassoon", "reed", 43, held=True),
    71: Instrument("clarinet", "reed", 64, held=True),
    73: Instrument("flute", "flute", 76, held=True),
    75: Instrument("pan flute", "flute", 72, held=True),
    78: Instrument("whistle", "flute", 67, held=True),
    104: Instrument("sitar", "sitar", 57),
    105: Instrument("banjo", "plucked", 62),
    107: Instrument("koto", "plucked", 62),
    109: Instrument("bagpipe", "bagpipe", 65, held=True),
    114: Instrument("steel drum", "mallet", 67),
}
"""Programs of General MIDI whose instrument everybody knows."""

PERCUSSION = {
    38: "snare drum", 49: "crash cymbal", 58: "vibraslap", 64: "conga",
    68: "agogo bell", 73: "guiro", 76: "wood block", 69: "cabasa",
    34: "metronome bell", 56: "cowbell", 75: "claves", 79: "cuica", 82: "shaker", 85: "castanets",
    39: "hand clap", 40: "snare drum", 42: "hi-hat", 54: "tambourine",
    57: "crash cymbal", 60: "bongo", 67: "agogo bell", 70: "maracas", 72: "whistle", 74: "guiro",
    81: "triangle",
}  # fmt: skip
"""Keys of the drum kit of General MIDI that nobody takes for another one."""

STROKES = {
    "ForzeeStereo": {
        "snare drum": "Snare-4", "cowbell": "AgogoHigh-3", "tambourine": "Tambourine-3",
        "cymbal": "Crash18-2", "bass drum": "Kick-4", "hi-hat": "HiHatClosed-3",
    },
    "Millo-Drums_v.1": {
        "snare drum": "snare1", "cowbell": "misc_Cowbell", "hand clap": "clap_Dry_c",
        "cymbal": "crash", "bass drum": "bd1", "hi-hat": "closehihat3",
    },
    "ColomboAcousticDrumkit": {
        "snare drum": "snare-opaque-normal-mic-normal_shot2", "cymbal": "crash16i__crash1",
        "bass drum": "bassdrum-4mics-br-stereo-normal3", "hi-hat": "hihat-closed-4",
        "tom-tom": "tom-mid-1",
    },
    "Gimme A Hand 1.0": {
        "cowbell": "Cowbell-Med", "hand clap": "HandClap-Med", "tambourine": "Tambourine-Med",
        "wood block": "WoodBlock-Med", "bongo drum": "BongoLo-Hard", "maraca": "Maraca-Hard",
    },
    "The Black Pearl 1.0": {
        "snare drum": "PearlSnare-Hard", "cowbell": "Cowbell-Med", "cymbal": "SabianCrash-Hard",
        "hand clap": "HandClap", "bass drum": "PearlKick-Hard", "hi-hat": "SabianHatClosed-Med",
    },
}  # fmt: skip
"""Strokes of drum kits that differ clearly from each other, by kit."""
RINGING = frozenset({"cymbal"})
"""Strokes that ring on by themselves."""

UNCOUNTED = frozenset({"thunder", "traffic", "applause"})
"""Nouns without an article."""

ANIMALS = {
    "dog": "dog", "cat": "cat", "cow": "cattle", "sheep": "bleat", "goat": "bleat",
    "horse": "equine", "pig": "grunt", "rooster": "fowl", "hen": "fowl", "duck": "waterfowl",
    "goose": "waterfowl", "turkey": "fowl", "frog": "frog", "owl": "owl", "crow": "crow",
    "cuckoo": "cuckoo", "pigeon": "owl", "gull": "gull", "woodpecker": "knock",
    "sparrow": "songbird", "wolf": "dog", "lion": "roar", "donkey": "equine",
    "elephant": "elephant", "monkey": "monkey", "mouse": "squeak", "snake": "noise",
    "bee": "insect", "mosquito": "insect", "cricket": "insect",
}  # fmt: skip
"""The animals of the choices, and with which they are alike."""
OTHER_ANIMALS = frozenset({"bull", "tiger", "blackbird", "whale"})
"""Recorded animals that the choices know no key for."""
SOURCES = {
    "car horn": "horn", "car engine": "engine", "motorbike": "engine", "train": "engine noise",
    "aeroplane": "engine noise", "helicopter": "engine", "siren": "siren", "bicycle bell": "bell",
    "lawn mower": "engine", "chainsaw": "engine saw", "hand saw": "saw", "hammer": "knock",
    "electric drill": "engine", "vacuum cleaner": "engine noise", "hair dryer": "engine noise",
    "washing machine": "engine noise", "kettle": "noise", "tap": "noise", "toilet": "noise",
    "door": "knock", "doorbell": "bell", "telephone": "bell", "alarm clock": "bell",
    "wall clock": "tick knock", "computer keyboard": "tick knock", "church bell": "bell",
    "glass": "glass bell", "fire": "crackle", "rain": "noise crackle", "wind": "noise",
    "thunder": "bang", "firework": "bang crackle",
}  # fmt: skip
"""The things of the choices, and with which they are alike."""
OTHER_SOURCES = frozenset({"cash register", "gunshot"})
"""Recorded things that the choices know no key for."""


def article(noun: str) -> str:
    """A, an, or nothing."""
    if noun in UNCOUNTED:
        return ""
    return "an" if noun[0] in "aeiou" else "a"

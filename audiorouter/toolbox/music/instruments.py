"""Which musical instruments play."""

from __future__ import annotations

import math
from typing import Any

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import without_music
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import listing
from audiorouter.toolbox.sound.tags import among
from audiorouter.toolbox.spans import around_moment

CLEAR, FAINT = 0.25, 0.06
"""Mean probability from which an instrument is called heard, and perhaps heard."""
_NAMED = 5
FAMILIES = frozenset(
    {
        "Keyboard (musical)", "Brass instrument", "Bowed string instrument", "Percussion",
        "Wind instrument, woodwind instrument", "Plucked string instrument", "Orchestra",
        "String section", "Mallet percussion", "Guitar", "Drum",
    }
)  # fmt: skip
"""AudioSet classes that name a family: said beside an instrument, never instead of one."""
INSTRUMENTS = frozenset(
    {
        "Electric guitar", "Bass guitar", "Acoustic guitar", "Steel guitar, slide guitar", "Banjo",
        "Sitar", "Mandolin", "Zither", "Ukulele", "Piano", "Electric piano", "Organ",
        "Electronic organ", "Hammond organ", "Synthesizer", "Sampler", "Harpsichord", "Drum kit",
        "Drum machine", "Snare drum", "Bass drum", "Timpani", "Tabla", "Cymbal", "Hi-hat",
        "Wood block", "Tambourine", "Rattle (instrument)", "Maraca", "Gong", "Tubular bells",
        "Marimba, xylophone", "Glockenspiel", "Vibraphone", "Steelpan", "French horn", "Trumpet",
        "Trombone", "Violin, fiddle", "Pizzicato", "Cello", "Double bass", "Flute", "Saxophone",
        "Clarinet", "Harp", "Harmonica", "Accordion", "Bagpipes", "Didgeridoo", "Shofar",
        "Theremin", "Singing bowl", "Choir", "Singing", "Chant", "Music box",
    }
)  # fmt: skip


class InstrumentArguments(SpanArguments):
    """Which instruments come into question."""

    among: tuple[str, ...] = Field(
        default=(), max_length=20, description="Names of instruments; the likeliest is told."
    )


class Instruments(Tool[InstrumentArguments]):
    """YAMNet, restricted to the classes that are instruments or singing."""

    name = "instruments"
    description = (
        "Names the musical instruments that play and their family (strings, brass, woodwind, "
        "keyboard, percussion), and whether there is singing."
    )
    not_for = (
        "Not for sounds that are no instruments (sound_tags), nor for the kind or mood of music; "
        "it hears what plays in the clip as a whole, not who plays which note."
    )
    examples = (
        "Which instrument plays the melody?",
        "Which musical instruments are heard?",
        "Is it a string or a brass instrument?",
        "Tell me the line-up of this trio.",
        "My uncle's old record: what was he strumming?",
        "Name everything in the band.",
        "Is there a saxophone in this track?",
        "Does the orchestra clip have timpani?",
        "Does anyone sing in this piece or is it purely instrumental?",
        "True or false: a harpsichord, not a piano, is heard.",
        "Accompanying the flute is a ___.",
    )
    version = "8"
    licence = "Apache-2.0"
    domain = Domain.MUSIC
    Arguments = InstrumentArguments
    weights = ("yamnet", "minilm")

    def load(self) -> None:
        """Load the network."""
        from audiorouter.toolbox.frontends.yamnet import yamnet

        yamnet()

    def arguments_in(self, question: str, choices: tuple[str, ...]) -> dict[str, Any]:
        """The span, or the moment, and the instruments that the choices name."""
        span = super().arguments_in(question, choices) or around_moment(question)
        return span | among(choices)

    def run(self, clip: Clip, arguments: InstrumentArguments) -> Finding:
        """Rank the instruments."""
        import numpy as np

        from audiorouter.toolbox.frontends.sound_names import most_like
        from audiorouter.toolbox.frontends.yamnet import clip_probabilities, yamnet

        if (reason := without_music(clip)) is not None:
            return Finding.not_measured(reason, instruments=[], families=[])
        names = yamnet().classes
        mean = clip_probabilities(clip).mean(axis=0)
        order = [int(index) for index in np.argsort(-mean, kind="stable")]
        ranked = [(names[i], float(mean[i])) for i in order if names[i] in INSTRUMENTS]
        families = [(names[i], float(mean[i])) for i in order if names[i] in FAMILIES]
        data: dict[str, Any] = {
            "instruments": [{"class": n, "probability": round(p, 3)} for n, p in ranked[:_NAMED]],
            "families": [{"class": n, "probability": round(p, 3)} for n, p in families[:2]],
        }
        text = _sentence(ranked[:_NAMED], families[:1])
        sure = self.confidence(_log_odds(ranked[0][1]), unsure=ranked[0][1] < CLEAR)
        if not arguments.among:
            return Finding(data, text, sure)
        likeliest = most_like(mean, arguments.among)
        return Finding(
            data | {"most_like": likeliest},
            f"{text} It is most like: {likeliest}.",
            sure,
        )


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, 0.01), 0.99)
    return math.log(bounded / (1 - bounded))


def _sentence(ranked: list[tuple[str, float]], families: list[tuple[str, float]]) -> str:
    clear = [name for name, probability in ranked if probability >= CLEAR]
    faint = [name for name, probability in ranked if FAINT <= probability < CLEAR]
    family = [name for name, probability in families if probability >= CLEAR]
    of = f" The family of instruments is: {family[0]}." if family else ""
    if clear:
        more = f" Perhaps also {listing(faint)}." if faint else ""
        plays = "instrument that plays is" if len(clear) == 1 else "instruments that play are"
        return f"The {plays}: {listing(clear)}.{more}{of}"
    if faint:
        return f"The instrument is not certain: perhaps {listing(faint)}.{of}"
    return f"No musical instrument is recognised.{of}"

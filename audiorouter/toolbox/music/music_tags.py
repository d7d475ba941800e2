"""Genre, era, mood, voices and instruments of music, as listeners would tag it."""

from __future__ import annotations

import math
from typing import Any

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.music.tag_groups import (
    ALL,
    ERAS,
    GENRES,
    INSTRUMENTS,
    MOODS,
    NO_VOICE,
    VOICES,
    Group,
    meant,
    names_among,
)
from audiorouter.toolbox.phrases import listing

CLEAR, FAINT = 2.0, 0.8
"""Log-odds above the usual from which a tag is said outright, and with a "perhaps"."""
UNDECIDED = 0.4
"""Log-odds by which the likeliest choice has to lead to be told alone."""
USUALLY_SUNG, MOST_ADDED = 0.03, 2.0
"""Probability of all of YAMNet's singing voices together that says nothing, and the log-odds that
it adds to or takes from musicnn's voices at most."""
_NAMED = 3
_SINGING = (
    "Singing", "Choir", "Yodeling", "Chant", "Mantra", "Child singing", "Synthetic singing",
    "Rapping", "Humming", "Opera", "A capella", "Vocal music", "Song",
)  # fmt: skip


class MusicTagArguments(SpanArguments):
    """Which tags come into question."""

    among: tuple[str, ...] = Field(
        default=(),
        max_length=20,
        description="Names of genres, eras, moods, voices or instruments; the likeliest is told.",
    )


class MusicTags(Tool[MusicTagArguments]):
    """musicnn's two taggers (Pons & Serra, 2019), with YAMNet's ear for singing."""

    name = "music_tags"
    description = (
        "Tags music as listeners would: genre and style (rock, jazz, classical, electronic …), "
        "era, mood, whether there are vocals and of which kind (male, female, choir, opera), and "
        "the main instruments."
    )
    not_for = (
        "Not for sounds that are no music, nor for pitches, chords, tempo or what the words of a "
        "song are."
    )
    examples = (
        "What genre is this music?",
        "What is the mood of the piece?",
        "Is there singing, or is it instrumental?",
        "Does a man or a woman sing?",
        "From which decade is this song?",
        "How would listeners describe this track for a playlist?",
        "Would this music suit a horror film or a romantic comedy?",
        "Name the style: bossa nova, reggae or blues.",
        "Which of these labels suits the song: hip hop, heavy metal, country?",
        "I need party music for my wedding. Does this track qualify?",
        "Does a choir feature, or a soloist?",
        "Does the track feel sad or cheerful?",
        "What genre would a record shop file this under?",
    )
    version = "4"
    licence = "Apache-2.0"
    domain = Domain.MUSIC
    Arguments = MusicTagArguments
    weights = ("musicnn", "yamnet", "minilm")

    def load(self) -> None:
        """Load the networks; the sentence encoder is loaded for the first name it does not know."""
        from audiorouter.toolbox.frontends.musicnn import musicnn
        from audiorouter.toolbox.frontends.yamnet import yamnet

        yamnet()
        musicnn("mtt")
        musicnn("msd")

    def arguments_in(self, question: str, choices: tuple[str, ...]) -> dict[str, Any]:
        """The span, and the tags that the choices name."""
        names = names_among(choices)
        return super().arguments_in(question, choices) | ({"among": list(names)} if names else {})

    def run(self, clip: Clip, arguments: MusicTagArguments) -> Finding:
        """Tag the clip, and pick the likeliest of the names that come into question."""
        from audiorouter.toolbox.frontends.audio_kinds import without_music
        from audiorouter.toolbox.frontends.musicnn import clip_tags
        from audiorouter.toolbox.frontends.yamnet import clip_probabilities, yamnet

        if (reason := without_music(clip)) is not None:
            return Finding.not_measured(reason)
        classes = dict(zip(yamnet().classes, clip_probabilities(clip).mean(axis=0), strict=True))
        sung = float(sum(classes[name] for name in _SINGING))
        tags = _with_voices(clip_tags(clip), sung)
        genres = _ranked(tags, GENRES)
        data: dict[str, Any] = {
            "unit": "log-odds above the usual",
            "genre": _data(genres),
            "era": _data(_ranked(tags, ERAS)),
            "mood": _data(_ranked(tags, MOODS)),
            "voices": _data(_ranked(tags, {**VOICES, **NO_VOICE})),
            "instruments": _data(_ranked(tags, INSTRUMENTS)),
            "singing_probability": round(min(1.0, sung), 3),
        }
        text = _sentences(tags)
        if not arguments.among:
            sure = self.confidence(_lead(genres), unsure=genres[0][1] < CLEAR)
            return Finding(data, text, sure)
        likely, unknown = _likeliest(tags, arguments.among)
        if not likely:
            return Finding(data, text, self.confidence(0.0, unsure=True))
        data["most_like"] = likely[0][0]
        text = f"{text} {_choice(likely)}"
        if unknown:
            text += f" Not judged: {listing(unknown)}."
        sure = self.confidence(_lead(likely), unsure=_is_unsure(likely))
        return Finding(data, text, sure)


Ranked = list[tuple[str, float]]
"""Names with their log-odds above the usual, the likeliest first."""


def _with_voices(tags: dict[str, float], sung: float) -> dict[str, float]:
    """The tags, those of voices and of none by what YAMNet hears of singing as well."""
    added = math.log(max(sung, 1e-6) / USUALLY_SUNG)
    added = max(-MOST_ADDED, min(MOST_ADDED, added))
    voices = {tag: tags[tag] + added for of in VOICES.values() for tag in of}
    return tags | voices | {tag: tags[tag] - added for of in NO_VOICE.values() for tag in of}


def _ranked(tags: dict[str, float], group: Group) -> Ranked:
    """The names of a group, each by the likeliest of its tags."""
    scores = [(name, max(tags[tag] for tag in of)) for name, of in group.items()]
    return sorted(scores, key=lambda scored: -scored[1])


def _data(ranked: Ranked) -> dict[str, float]:
    return {name: round(score, 2) for name, score in ranked[:5]}


def _likeliest(tags: dict[str, float], choices: tuple[str, ...]) -> tuple[Ranked, list[str]]:
    """The choices by the tags that they stand for, and those that stand for none."""
    names = {choice: meant(choice) for choice in choices}
    group = {choice: ALL[name] for choice, name in names.items() if name is not None}
    return _ranked(tags, group), [choice for choice in choices if choice not in group]


def _lead(ranked: Ranked) -> float:
    """By how much the first is likelier than the second."""
    return ranked[0][1] - ranked[1][1] if len(ranked) > 1 else 0.0


def _is_unsure(likely: Ranked) -> bool:
    """Whether the second is about as likely as the first."""
    return len(likely) > 1 and _lead(likely) < UNDECIDED


def _choice(likely: Ranked) -> str:
    if _is_unsure(likely):
        (first, _), (second, _) = likely[:2]
        return f"It is unsure which it is most like: perhaps {first}, perhaps {second}."
    return f"It is most like: {likely[0][0]}."


def _sentences(tags: dict[str, float]) -> str:
    said = [
        _told("The genre", _ranked(tags, GENRES)),
        _told("The instruments", _ranked(tags, INSTRUMENTS)),
        _told("The mood", _ranked(tags, MOODS)),
        _told("The era", _ranked(tags, ERAS)),
        _voices(_ranked(tags, VOICES)),
    ]
    return " ".join(sentence for sentence in said if sentence)


def _told(what: str, ranked: Ranked) -> str:
    """What is clear and what is perhaps so; nothing where nothing is."""
    clear = [name for name, score in ranked[:_NAMED] if score >= CLEAR]
    faint = [name for name, score in ranked[:_NAMED] if FAINT <= score < CLEAR]
    parts = [listing(clear)] if clear else []
    parts += [f"perhaps {listing(faint)}"] if faint else []
    return f"{what}: {'; '.join(parts)}." if parts else ""


def _voices(voices: Ranked) -> str:
    """Whether there is singing, and by whom listeners would say it is."""
    score = voices[0][1]
    if score < FAINT:
        return "No singing is heard: it is instrumental."
    kinds = [name for name, other in voices if name != "singing" and other >= FAINT][:2]
    kind = f" (listeners would call it {' or '.join(kinds)})" if kinds else ""
    sure = "There is singing" if score >= CLEAR else "It is unsure whether there is singing"
    return f"{sure}{kind}."

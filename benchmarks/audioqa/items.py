"""An item of the benchmark, and the wordings of the questions.

The first wordings of a skill are used in all splits, the last one in the test split only.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TEST_ONLY_SKILLS = frozenset({"louder_half", "pace"})

WORDINGS = {
    "sentence": ("What is said?", "Which sentence is spoken?", "What does the recorded voice tell the listener?"),
    "digit": ("Which number is spoken?", "What digit does the voice say?", "Which numeral is pronounced in the recording?"),
    "last_word": ("Which word is said last?", "What is the final word that is spoken?", "With which word does the speech end?"),
    "language": ("Which language is spoken?", "What language is this?", "In which tongue does the person talk?"),
    "speakers": ("How many different people speak?", "What is the number of speakers?", "How many distinct voices take part?"),
    "word_count": ("How many numbers are spoken?", "How many numbers does the voice read out?", "Count the spoken numbers."),
    "animal": ("Which animal is heard?", "What animal makes this sound?", "Which creature is this?"),
    "source": ("What makes this sound?", "What is the source of the sound?", "What are we listening to?"),
    "count": ("How many times is the sound heard?", "How often does the sound occur?", "What is the number of repetitions?"),
    "first_sound": ("Which sound comes first?", "What is heard first?", "What does the clip start with?"),
    "last_sound": ("Which sound comes last?", "What is heard last?", "What does the clip finish with?"),
    "when": ("When is the sound heard?", "In which part of the clip is the sound?", "Whereabouts in the recording does it happen?"),
    "duration": ("How long does the sound last?", "For about how many seconds is there sound?", "What is the length of the sound?"),
    "trend": ("How does the loudness change?", "Does the volume go up or down?", "What happens to the level over time?"),
    "louder_half": ("Which half of the clip is louder?",) * 3,
    "instrument": ("Which instrument plays?", "What instrument is heard?", "On what is the melody performed?"),
    "tempo": ("What is the tempo?", "How many beats per minute does the music have?", "Which metronome mark fits?"),
    "pace": ("Is the music slow or fast?",) * 3,
    "meter": ("What is the time signature?", "How many beats are in a bar?", "In what metre is the music?"),
    "key": ("In which key is the music?", "What is the key of the piece?", "Which tonality does the piece have?"),
    "mode": ("Is the piece in a major or a minor key?", "Is the mode major or minor?", "Which mode does the harmony have?"),
    "chords": ("Which chords are played, in order?", "What is the chord progression?", "Which sequence of harmonies is heard?"),
    "pitch": ("Which note is played?", "What is the pitch of the note?", "What tone is sounded?"),
    "contour": ("Does the melody rise or fall?", "In which direction does the pitch move?", "How does the tune develop?"),
    "note_count": ("How many notes are played?", "What is the number of notes?", "Count the tones of the melody."),
}  # fmt: skip

SPEECH = ("sentence", "digit", "last_word", "language", "speakers", "word_count")
SOUND = (
    "animal",
    "source",
    "count",
    "first_sound",
    "last_sound",
    "when",
    "duration",
    "trend",
    "louder_half",
)


@dataclass(frozen=True)
class Item:
    """A question about a clip that exists under the name `clip`."""

    clip: str
    skill: str
    question: str
    choices: tuple[str, ...]
    answer: str
    source: str

    @property
    def domain(self) -> str:
        """Speech, sound or music."""
        return "speech" if self.skill in SPEECH else "sound" if self.skill in SOUND else "music"


class Maker:
    """Makes the items of one split; `clips` collects the audio by name."""

    def __init__(self, split: str, seed: int):
        self.split = split
        self.rng = random.Random(f"{split} {seed}")
        self.items: list[Item] = []
        self.clips: dict[str, np.ndarray] = {}

    def add(
        self, clip: str, skill: str, answer: str, wrong: Sequence[str], source: str, count: int = 4
    ) -> None:
        """Add a question with shuffled choices; nothing for a skill that this split does not have."""
        if skill in TEST_ONLY_SKILLS and self.split != "test":
            return
        others = [choice for choice in dict.fromkeys(wrong) if choice != answer]
        choices = [answer, *self.rng.sample(others, min(count - 1, len(others)))]
        self.rng.shuffle(choices)
        wordings = WORDINGS[skill] if self.split == "test" else WORDINGS[skill][:-1]
        self.items.append(
            Item(clip, skill, self.rng.choice(wordings), tuple(choices), answer, source)
        )

    def clip(self, name: str, parts: Sequence[np.ndarray]) -> str:
        """Keep the joined parts, with faint noise so that no silence is digital."""
        audio = np.concatenate(parts)
        noise = np.random.default_rng(len(self.clips)).standard_normal(len(audio)) * 3e-4
        self.clips[name] = np.clip(audio + noise, -1, 1).astype(np.float32)
        return name

"""An item of the benchmark, and the wordings of the questions.

The first wordings of a skill are used in all splits, the last one in the test split only.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TEST_ONLY_SKILLS = frozenset({"louder_half", "pace", "moves", "lowest_note", "gap"})

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
    "word_when": ("When is the word {} said?", "In which part of the recording is {} spoken?", "Whereabouts does the voice say {}?"),
    "pauses": ("How many pauses does the speaker make?", "How often does the speaker pause?", "Count the pauses in the speech."),
    "higher_voice": ("Which voice is higher, the first or the second?", "Which of the two speakers has the higher voice?", "Whose voice lies higher in pitch?"),
    "speech_noise": ("Is the speech recording clean or noisy?", "How clean is the recording of the voice?", "Does the voice come with background noise?"),
    "speech_start": ("When does the speech begin?", "At which second does somebody start to talk?", "After how much time is the first word heard?"),
    "named_count": ("How many times is the {} heard?", "How often does the {} sound?", "What is the number of times that one hears the {}?"),
    "side": ("From which side does the sound come?", "Is the sound on the left, on the right or in the centre?", "Where in the stereo image is the source?"),
    "moves": ("Does the sound move from one side to the other?",) * 3,
    "length": ("How long is the recording?", "What is the total length of the clip?", "For how many seconds does the file run?"),
    "gap": ("How long is the silence between the two sounds?",) * 3,
    "regular": ("Does the sound repeat at regular intervals?", "Is the repetition regular or irregular?", "Do the sounds come evenly spaced?"),
    "interval_s": ("How many seconds lie between the repetitions?", "At what interval does the sound repeat?", "After how long does the sound recur?"),
    "brightness": ("Is the sound bright or dark?", "Does it sound bright or dull?", "Is its timbre shrill or muffled?"),
    "melody_interval": ("Which interval lies between the two notes?", "What is the interval from the first note to the second?", "How far apart are the two tones?"),
    "voices": ("How many notes sound at the same time?", "How many tones are played together?", "Of how many notes does the chord consist?"),
    "lowest_note": ("Which is the lowest note that is played?",) * 3,
    "strokes": ("How many drum strokes are there?", "How many times is the drum hit?", "Count the beats of the drum."),
    "family": ("Which family of instruments is heard?", "To which family does the instrument belong?", "What class of instrument plays?"),
    "tempo_change": ("Does the music speed up or slow down?", "How does the tempo change?", "Is there an accelerando or a ritardando?"),
    "section": ("When does the music change?", "In which part of the clip does a new section begin?", "Where does the character of the music become another?"),
    "contrast": ("Is the dynamic range wide or narrow?", "How large is the contrast between loud and soft?", "Is it played evenly or with great differences of loudness?"),
}  # fmt: skip

SPEECH = frozenset(
    {"sentence", "digit", "last_word", "language", "speakers", "word_count", "word_when", "pauses"}
    | {"higher_voice", "speech_noise", "speech_start"}
)
SOUND = frozenset(
    {"animal", "source", "count", "first_sound", "last_sound", "when", "duration", "trend"}
    | {"louder_half", "named_count", "side", "moves", "length", "gap", "regular", "interval_s"}
    | {"brightness"}
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
        self,
        clip: str,
        skill: str,
        answer: str,
        wrong: Sequence[str],
        source: str,
        *,
        count: int = 4,
        about: str = "",
    ) -> None:
        """Add a question with shuffled choices; nothing for a skill that this split does not have.

        `about` is what the question names, where its wording has a place for that.
        """
        if skill in TEST_ONLY_SKILLS and self.split != "test":
            return
        others = [choice for choice in dict.fromkeys(wrong) if choice != answer]
        choices = [answer, *self.rng.sample(others, min(count - 1, len(others)))]
        self.rng.shuffle(choices)
        wordings = WORDINGS[skill] if self.split == "test" else WORDINGS[skill][:-1]
        self.items.append(
            Item(
                clip, skill, self.rng.choice(wordings).format(about), tuple(choices), answer, source
            )
        )

    def clip(self, name: str, parts: Sequence[np.ndarray]) -> str:
        """Keep the joined parts, with faint noise so that no silence is digital.

        Parts are `(samples,)`, or `(samples, 2)` for stereo.
        """
        audio = np.concatenate(parts)
        noise = np.random.default_rng(len(self.clips)).standard_normal(audio.shape) * 3e-4
        self.clips[name] = np.clip(audio + noise, -1, 1).astype(np.float32)
        return name

"""Make the example clips and questions: recorded prompts, espeak-ng, and sampled instruments.

    python examples/make_examples.py

Needs apt-get and dpkg (packages are unpacked, not installed), fluidsynth and espeak-ng. The clips
are in the repository, so nobody has to run this; origin and licences stand in clips/LICENCES.md.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "benchmarks"))

from audioqa.scores import Score, played
from audioqa.sources import RATE, Recordings, fetch, levelled, load, silence, trimmed

OUT_RATE = 16_000

QUESTIONS: dict[str, list[tuple[str, str, str, str]]] = {
    # clip: (skill, question, choices, answer)
    "voicemail": [
        ("content", "What should the caller do after the tone?", "leave a message|hang up|enter a password|press star", "leave a message"),
        ("speakers", "How many people speak?", "one|two|three", "one"),
        ("language", "Which language is it in?", "English|German|French|Spanish", "English"),
        ("content", "Which key may be pressed when done?", "the pound key|the star key|the zero key|the one key", "the pound key"),
    ],
    "password": [
        ("content", "What is the caller asked to enter?", "a password|a phone number|an address|a date", "a password"),
        ("source", "What is heard in the clip?", "speech|music|an animal|an engine", "speech"),
        ("content", "Which key should be pressed after the password?", "the pound key|the star key|the zero key|the one key", "the pound key"),
        ("speakers", "How many voices are there?", "one|two|three|four", "one"),
    ],
    "conversation": [
        ("speakers", "How many different people speak?", "one|two|three|four", "two"),
        ("language", "Which two languages are spoken?", "English and French|English and Russian|Italian and Spanish|French and Russian", "English and French"),
        ("content", "What is said first?", "goodbye|hello|thank you|please wait", "goodbye"),
    ],
    "numbers": [
        ("content", "Which numbers are spoken?", "four seven two|nine one five|three three eight|six zero one", "four seven two"),
        ("word", "Which number is said last?", "four|seven|two|nine", "two"),
        ("count", "How many numbers are spoken?", "two|three|four|five", "three"),
        ("word", "Which number comes first?", "four|two|nine|seven", "four"),
        ("speakers", "How many different people read the numbers?", "one|two|three", "one"),
    ],
    "italian": [
        ("language", "Which language is spoken?", "English|French|Italian|Russian", "Italian"),
        ("speakers", "How many people are speaking?", "one|two|three|four", "one"),
    ],
    "telephone": [
        ("source", "What makes the sound?", "a telephone|a dog|a violin|rain", "a telephone"),
        ("count", "How many times is the sound heard?", "once|twice|three times|five times", "three times"),
        ("duration", "How long does each ring last?", "about 1 second|about 3 seconds|about 5 seconds|about 8 seconds", "about 1 second"),
    ],
    "applause": [
        ("source", "What is heard?", "applause|a telephone|a cow|a piano", "applause"),
        ("loudness", "How does the loudness change?", "it gets louder|it gets quieter|it stays the same", "it gets louder"),
        ("loudness", "When is it loudest?", "at the beginning|in the middle|near the end", "near the end"),
        ("duration", "How long does the applause last?", "about 2 seconds|about 6 seconds|about 12 seconds|about 20 seconds", "about 6 seconds"),
    ],
    "helicopter": [
        ("source", "Which vehicle is heard?", "a helicopter|a bicycle|a train|a boat", "a helicopter"),
        ("loudness", "Does the sound get louder or quieter?", "it gets louder|it gets quieter|it stays the same", "it gets quieter"),
        ("loudness", "In which part of the clip is the helicopter loudest?", "at the beginning|in the middle|near the end", "at the beginning"),
        ("duration", "For how long is the helicopter heard?", "about 1 second|about 3 seconds|about 6 seconds|about 15 seconds", "about 6 seconds"),
    ],
    "birds_phone": [
        ("order", "What is heard first?", "a bird|a telephone|a car|a dog", "a bird"),
        ("when", "When does the telephone ring?", "at the beginning|in the middle|near the end", "near the end"),
        ("order", "What is heard last?", "a bird|a telephone|a car|a dog", "a telephone"),
        ("count", "How many separate sounds are heard?", "one|two|three|four", "two"),
        ("when", "When does the bird sing?", "at the beginning|in the middle|near the end", "at the beginning"),
    ],
    "cowbell": [
        ("count", "How many times is the cowbell struck?", "two times|three times|four times|six times", "four times"),
        ("loudness", "How does the loudness of the strokes change?", "they get louder|they get quieter|they stay the same", "they stay the same"),
    ],
    "waltz": [
        ("tempo", "What is the tempo?", "60 BPM|80 BPM|100 BPM|140 BPM", "100 BPM"),
        ("meter", "What is the time signature?", "2/4|3/4|4/4", "3/4"),
        ("key", "In which key is the piece?", "G major|C# major|E minor|F minor", "G major"),
        ("chords", "Which chords are played, in order?", "G major, C major, D major|A minor, F major, C major|E major, A major, B major|D minor, G minor, A minor", "G major, C major, D major"),
        ("mode", "Is the music in major or in minor?", "major|minor", "major"),
        ("meter", "Is this a waltz or a march?", "a waltz|a march", "a waltz"),
    ],
    "march": [
        ("tempo", "How many beats per minute does the music have?", "70 BPM|96 BPM|132 BPM|180 BPM", "132 BPM"),
        ("meter", "How many beats are in a bar?", "three|four", "four"),
        ("mode", "Is the piece in a major or a minor key?", "major|minor", "minor"),
        ("chords", "Which chord is played first?", "A minor|D major|F# minor|B major", "A minor"),
        ("chords", "Which chord progression is heard?", "A minor, F major, C major, G major|G major, C major, D major, G major|E minor, C major, G major, D major|D minor, A minor, E minor, B minor", "A minor, F major, C major, G major"),
        ("key", "What is the key of the piece?", "A minor|E major|C# minor|F minor", "A minor"),
    ],
    "flute_scale": [
        ("contour", "Does the melody rise or fall?", "it rises|it falls|it stays the same", "it rises"),
        ("instrument", "Which instrument plays?", "flute|piano|drums|electric guitar", "flute"),
        ("count", "How many notes are played?", "three|four|six|nine", "six"),
        ("pitch", "What is the first note?", "G4|C4|E5|A3", "G4"),
    ],
    "violin_note": [
        ("pitch", "Which note is played?", "A4|C4|E5|F3", "A4"),
        ("instrument", "What instrument is heard?", "violin|trumpet|piano|drums", "violin"),
        ("contour", "Does the pitch change?", "it rises|it falls|it stays the same", "it stays the same"),
        ("pitch", "What is the frequency of the note?", "440 Hz|262 Hz|659 Hz|175 Hz", "440 Hz"),
    ],
    "trumpet_fall": [
        ("contour", "In which direction does the pitch move?", "up|down|it stays the same", "down"),
        ("pitch", "What is the highest note?", "G5|A3|C4|D6", "G5"),
        ("count", "How many notes does the trumpet play?", "two|three|five|eight", "five"),
        ("instrument", "Which instrument plays the notes?", "trumpet|flute|piano|violin", "trumpet"),
    ],
    "french": [
        ("language", "What language does the voice speak?", "French|German|Italian|Spanish", "French"),
        ("speakers", "How many voices are heard?", "one|two|three|four", "one"),
        ("source", "What kind of clip is this?", "speech|music|animal sounds|traffic", "speech"),
    ],
    "trio": [
        ("speakers", "How many different people talk?", "one|two|three|five", "three"),
        ("content", "What does the first speaker say?", "goodbye|hello|thank you|please wait", "goodbye"),
        ("language", "In which language does the clip begin?", "English|French|Italian|Spanish", "English"),
    ],
    "five_digits": [
        ("content", "Which digits are read out?", "eight one six three five|two four nine seven one|five five one zero six|three nine two eight four", "eight one six three five"),
        ("count", "How many digits are read out?", "two|three|five|eight", "five"),
        ("word", "What is the last digit?", "five|eight|one|six", "five"),
    ],
    "claps": [
        ("count", "How many claps are there?", "two|three|five|eight", "five"),
        ("count", "How often is the sound heard?", "once|twice|five times|ten times", "five times"),
        ("loudness", "How does the level of the claps change?", "it rises|it falls|it stays the same", "it stays the same"),
    ],
    "phone_applause": [
        ("order", "Which sound is first?", "a telephone|applause|a dog|a car", "a telephone"),
        ("when", "When is the applause?", "at the beginning|in the middle|near the end", "near the end"),
        ("count", "How many separate sounds are there?", "one|two|four|six", "two"),
    ],
    "rock": [
        ("tempo", "How fast is the music?", "70 BPM|100 BPM|150 BPM|190 BPM", "150 BPM"),
        ("key", "What key is it in?", "E major|C major|F minor|A# minor", "E major"),
        ("chords", "Which chords are heard, in order?", "E major, A major, B major|C major, F major, G major|D minor, A minor, E minor|G minor, C minor, F minor", "E major, A major, B major"),
    ],
    "ballad": [
        ("tempo", "What is the tempo of the piece?", "72 BPM|104 BPM|138 BPM|168 BPM", "72 BPM"),
        ("meter", "How many beats does a bar have?", "three|four", "three"),
        ("mode", "Is it in a major or a minor key?", "major|minor", "minor"),
    ],
    "clarinet_fall": [
        ("count", "How many notes are there?", "two|four|seven|nine", "four"),
        ("contour", "Do the notes go up or down?", "they go up|they go down|they stay the same", "they go down"),
        ("pitch", "Which is the highest note?", "C5|F4|A3|E6", "C5"),
    ],
    "piano_note": [
        ("pitch", "Which note is it?", "C4|E4|G#3|A5", "C4"),
        ("pitch", "What is its fundamental frequency?", "262 Hz|131 Hz|440 Hz|880 Hz", "262 Hz"),
        ("instrument", "Which instrument plays it?", "piano|flute|trumpet|drums", "piano"),
    ],
}  # fmt: skip

DOMAINS = {
    "speech": (
        "voicemail",
        "password",
        "conversation",
        "numbers",
        "italian",
        "french",
        "trio",
        "five_digits",
    ),
    "sound": (
        "telephone",
        "applause",
        "helicopter",
        "birds_phone",
        "cowbell",
        "claps",
        "phone_applause",
    ),
    "music": (
        "waltz",
        "march",
        "flute_scale",
        "violin_note",
        "trumpet_fall",
        "rock",
        "ballad",
        "clarinet_fall",
        "piano_note",
    ),
}


def main() -> None:
    """Write clips and questions."""
    with tempfile.TemporaryDirectory() as folder:
        packages = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder)
        heard = Recordings(fetch(packages))
        clips = {**_speech(heard), **_sounds(heard), **_music(heard)}
    (HERE / "clips").mkdir(exist_ok=True)
    for name, audio in clips.items():
        noise = np.random.default_rng(len(name)).standard_normal(len(audio)) * 2e-4
        out = soxr.resample(audio + noise, RATE, OUT_RATE)
        soundfile.write(HERE / "clips" / f"{name}.flac", np.clip(out, -1, 1), OUT_RATE)
    _write_questions(HERE / "questions.csv")


def _speech(heard: Recordings) -> dict[str, np.ndarray]:
    numbers = [silence(0.3)]
    for digit in (4, 7, 2):
        numbers += [heard.prompt("English", f"digits/{digit}"), silence(0.3)]
    talk = [
        heard.prompt("English", "vm-goodbye"), silence(0.4),
        heard.prompt("French", "vm-intro"), silence(0.4),
        heard.prompt("English", "vm-intro"), silence(0.4),
    ]  # fmt: skip
    digits = [silence(0.3)]
    for digit in (8, 1, 6, 3, 5):
        digits += [heard.prompt("English", f"digits/{digit}"), silence(0.3)]
    trio = [
        heard.prompt("English", "vm-goodbye"), silence(0.4),
        heard.prompt("Italian", "vm-intro"), silence(0.4),
        heard.prompt("Russian", "vm-intro"), silence(0.4),
    ]  # fmt: skip
    return {
        "french": heard.prompt("French", "vm-intro"),
        "trio": np.concatenate(trio),
        "five_digits": np.concatenate(digits),
        "voicemail": np.concatenate([silence(0.3), heard.prompt("English", "vm-intro")]),
        "password": _spoken("Please enter your password, followed by the pound key."),
        "conversation": np.concatenate(talk),
        "numbers": np.concatenate(numbers),
        "italian": heard.prompt("Italian", "vm-intro"),
    }


def _spoken(text: str) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder) / "a.wav"
        subprocess.run(["espeak-ng", "-v", "en-gb", "-s", "150", "-w", str(wave), text], check=True)
        return levelled(trimmed(load(wave)))


def _sounds(heard: Recordings) -> dict[str, np.ndarray]:
    ring = _effect(heard, 124, 1.2)
    hit, clap = _drum(heard, 56), _drum(heard, 39)
    applause, rotor = _effect(heard, 126, 6.0), _effect(heard, 125, 6.0)
    return {
        "telephone": np.concatenate([silence(0.4), *[ring, silence(0.8)] * 3]),
        "applause": (applause * np.geomspace(0.05, 1, len(applause))).astype(np.float32),
        "helicopter": (rotor * np.geomspace(1, 0.05, len(rotor))).astype(np.float32),
        "birds_phone": np.concatenate(
            [silence(0.3), _effect(heard, 123, 1.5), silence(4.0), ring, silence(0.3)]
        ),
        "claps": np.concatenate([silence(0.4), *[clap, silence(0.7)] * 5]),
        "phone_applause": np.concatenate([silence(0.3), ring, silence(2.5), applause[: 3 * RATE]]),
        "cowbell": np.concatenate([silence(0.4), *[hit, silence(0.6)] * 4]),
    }


def _effect(heard: Recordings, program: int, seconds: float) -> np.ndarray:
    score = Score(60)
    score.program(0, program)
    score.note(0, 60, 0, seconds, 110)
    return played(heard, score.file())[: round(seconds * RATE)]


def _drum(heard: Recordings, note: int) -> np.ndarray:
    score = Score(60)
    score.note(9, note, 0, 0.5, 110)
    return played(heard, score.file())[: RATE // 2]


def _music(heard: Recordings) -> dict[str, np.ndarray]:
    return {
        "waltz": _band(heard, 100, 3, [(43, "M"), (48, "M"), (50, "M"), (43, "M")], 11),
        "march": _band(heard, 132, 4, [(45, "m"), (41, "M"), (48, "M"), (43, "M")], 48),
        "rock": _band(heard, 150, 4, [(52, "M"), (45, "M"), (47, "M"), (52, "M")], 30),
        "ballad": _band(heard, 72, 3, [(50, "m"), (43, "m"), (45, "M"), (50, "m")], 48),
        "clarinet_fall": _line(heard, 71, [72, 69, 65, 60]),
        "piano_note": _line(heard, 0, [60]),
        "flute_scale": _line(heard, 73, [67, 69, 71, 72, 74, 76]),
        "violin_note": _line(heard, 40, [69]),
        "trumpet_fall": _line(heard, 56, [79, 77, 76, 74, 72]),
    }


def _band(
    heard: Recordings, bpm: int, meter: int, chords: list[tuple[int, str]], program: int
) -> np.ndarray:
    score = Score(bpm)
    score.program(0, 0)
    score.program(1, program)
    score.program(2, 33)
    bars = round(10 * bpm / 60 / meter)
    for bar in range(bars):
        root, quality = chords[bar % len(chords)]
        triad = (0, 3 if quality == "m" else 4, 7)
        for beat in range(meter):
            start = bar * meter + beat
            for step in triad:
                score.note(0, 48 + (root + step) % 12, start, 0.9, 85 if beat == 0 else 65)
            score.note(1, 72 + (root + triad[beat % 3]) % 12, start, 0.8, 75)
            score.note(9, 36 if beat == 0 else 38, start, 0.1, 100 if beat == 0 else 70)
        score.note(2, 36 + root % 12, bar * meter, meter * 0.9, 95)
    return played(heard, score.file())[: 11 * RATE]


def _line(heard: Recordings, program: int, notes: list[int]) -> np.ndarray:
    score = Score(100)
    score.program(0, program)
    for position, note in enumerate(notes):
        score.note(0, note, position * 1.2, 3 if len(notes) == 1 else 1, 95)
    return played(heard, score.file())[: 6 * RATE]


def _write_questions(path: Path) -> None:
    domain_of = {clip: domain for domain, clips in DOMAINS.items() for clip in clips}
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["audio", "question", "choices", "answer", "domain", "category"])
        for clip, asked in QUESTIONS.items():
            for skill, question, choices, answer in asked:
                writer.writerow([f"{clip}.flac", question, choices, answer, domain_of[clip], skill])


if __name__ == "__main__":
    main()

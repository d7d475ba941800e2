"""Where somebody speaks, how fast, and with which pauses."""

from __future__ import annotations

import itertools

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import NO_SPEECH
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.lengths import length, longest_of, spans_listed, total
from audiorouter.toolbox.phrases import (
    SHORT_SECONDS,
    about_seconds,
    count_of,
    listing,
    place,
    seconds,
)

PAUSE_SECONDS = 0.25
"""Silence between two stretches of speech from which it counts as a pause (Goldman-Eisler)."""
SLOW_WPM, FAST_WPM = 120, 180
"""Words a minute of talk, pauses included, below and above which English is slow and fast."""
_SHARES = (
    (0.1, "for a small part"),
    (0.4, "for less than half"),
    (0.6, "for about half"),
    (0.9, "for most"),
)
"""Share of a clip below which it is called so."""
_MIN_WORDS = 3


class SpeechActivity(Tool[SpanArguments]):
    """Silero's voice activity detection."""

    name = "speech_activity"
    description = (
        "Detects speech: whether anybody speaks at all, when the speech begins and ends, and for "
        "how much of the clip. Helps to tell speech from silence, music and noise."
    )
    not_for = "Not for what is said or by how many, nor for singing."
    examples = (
        "When does the speaker begin to talk?",
        "How many seconds of speech are there?",
        "Does anybody speak in this clip?",
        "How long is the silence before the speech?",
        "Mark the stretches where I could duck the music under the voice-over.",
        "My baby monitor recorded all night; did an adult ever speak?",
        "Where in the film reel is dialogue, as opposed to background score?",
        "Which part is free of speech, the beginning or the end?",
        "True or false: nobody talks in the first five seconds.",
        "Before I have my tapes typed up, tell me which stretches have people talking.",
        "Which of these portions of the clip contains spoken language: opening, middle or close?",
        "Is there any voice on this hour of surveillance audio, or just room noise?",
    )
    version = "5"
    licence = "MIT"
    domain = Domain.SPEECH
    Arguments = SpanArguments
    weights = ("silero-vad", "yamnet")

    def load(self) -> None:
        """Load the network."""
        from audiorouter.toolbox.frontends.speech import load_networks

        load_networks()

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Find the stretches of speech."""
        from audiorouter.toolbox.frontends.speech import speech_segments

        # Segments may end a moment behind the clip.
        segments = [(s, min(e, clip.duration)) for s, e in speech_segments(clip)]
        evidence = _decided(clip)
        speech = sum(end - start for start, end in segments)
        data = {
            "speech_s": round(speech, 2),
            "duration_s": round(clip.duration, 2),
            "share": round(speech / clip.duration, 3),
            "segments": [{"start_s": round(s, 2), "end_s": round(e, 2)} for s, e in segments],
        }
        if not segments:
            text = "Nobody speaks: there is no speech in the clip."
            return Finding(data, text, self.confidence(evidence))
        first, last = segments[0][0], segments[-1][1]
        share = speech / clip.duration
        stretches = listing(spans_listed(segments))
        return Finding(
            data,
            f"Somebody speaks {_how_much(share)} of the clip, for {seconds(total(segments))} of "
            f"{seconds(clip.duration)} ({share:.0%}): {stretches}. "
            f"The speech ends at {seconds(last)}, {place(last, clip.duration)}. "
            f"It begins at {first:.1f} s, {_after(first)}{place(first, clip.duration)}.",
            self.confidence(evidence),
        )


def _how_much(share: float) -> str:
    """A share of the clip in words; between two of them, the more careful one."""
    for most, words in _SHARES:
        if round(share, 2) < most:
            return words
    return "for nearly all"


def _after(silence: float) -> str:
    """How long nobody speaks before, where that is long enough to speak of."""
    return f"after {about_seconds(silence)}, " if silence >= SHORT_SECONDS else ""


def _decided(clip: Clip) -> float:
    """How far the network's probability is from undecided, mean over its clearest second, 0…5.

    The clearest second is that in which most is said; where nobody speaks, it is the likeliest.
    """
    import numpy as np

    from audiorouter.toolbox.frontends.silero import FRAME_SECONDS, speech_probabilities

    probability = np.asarray(speech_probabilities(clip), dtype=float)
    width = min(len(probability), round(1 / FRAME_SECONDS))
    likeliest = np.convolve(probability, np.ones(width) / width, mode="valid").max()
    return float(10 * abs(likeliest - 0.5))


class SpeakingRate(Tool[SpanArguments]):
    """Words a minute from Whisper's words, and pauses from Silero's speech."""

    name = "speaking_rate"
    description = (
        "Measures how fast somebody speaks, in words per minute, and how many pauses there are "
        "between the words and how long they last. Helps with the pace and fluency of speech; slow "
        "and fast are called so of English only."
    )
    not_for = "Not for the tempo of music, nor for who of several people talks faster."
    examples = (
        "Does the person speak fast or slowly?",
        "How many pauses does the speaker make?",
        "How long is the longest pause in the speech?",
        "What is the speaking rate in words per minute?",
        "Which of these speeds best matches the disclaimer at the end of the advert?",
        "How often does the pupil stop in the middle of reading?",
        "True or false: the woman rattles through her text at over 200 words a minute.",
        "Does the reader stumble along with lots of breaks or flow smoothly?",
        "Is the lecturer too quick for learners of English?",
        "What's the longest hesitation between two words of his answer?",
        "How many words a minute does the auctioneer get through?",
        "Will a 3000-word script take 20 minutes at the speed this man talks?",
    )
    version = "10"
    licence = "MIT"
    domain = Domain.SPEECH
    Arguments = SpanArguments
    packages = ("faster-whisper",)
    extra = "speech"
    weights = ("silero-vad", "yamnet", "whisper-tiny-en", "whisper-base")

    def load(self) -> None:
        """Load both networks."""
        from audiorouter.toolbox.frontends.speech import load_networks
        from audiorouter.toolbox.frontends.transcript import load_networks as load_transcription

        load_transcription()
        load_networks()

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Count words and pauses between the first and the last word."""
        from audiorouter.toolbox.frontends.speech import speech_segments
        from audiorouter.toolbox.frontends.transcript import transcript

        spoken = speech_segments(clip)
        if not spoken:
            return Finding.not_measured(NO_SPEECH, words_per_minute=None, pauses=[])
        gaps = [(a.end, b.start) for a, b in itertools.pairwise(spoken)]
        pauses = [(s, e) for s, e in gaps if e - s >= PAUSE_SECONDS]
        heard = transcript(clip)
        words = len(heard.words)
        whole = spoken[-1].end - spoken[0].start
        rate = 60 * words / whole
        named = heard.language == "en" and words >= _MIN_WORDS
        pace = _pace(rate) if named else None
        data = {
            "words_per_minute": round(rate, 1),
            "words": words,
            "talk_s": round(whole, 2),
            "pace": pace,
            "longest_pause_s": round(max((e - s for s, e in pauses), default=0.0), 2),
            "pauses": [{"start_s": round(s, 2), "end_s": round(e, 2)} for s, e in pauses],
        }
        text = f"{_rate(words, rate, pace)} {_pauses(pauses)}"
        sure = self.confidence(heard.confidence, unsure=words < _MIN_WORDS)
        return Finding(data, text, sure)


def _pace(rate: float) -> str:
    """What a rate in English is called: words of other languages are longer or shorter."""
    said = round(rate)
    return "slow" if said < SLOW_WPM else "fast" if said > FAST_WPM else "normal"


def _rate(words: int, rate: float, pace: str | None) -> str:
    if words < _MIN_WORDS:
        return "Too few words are recognised to tell how fast the speech is."
    figure = f"about {rate:.0f} words per minute ({words} words)."
    return (
        f"The speech has {figure}"
        if pace is None
        else f"The pace of the speech is {pace}: {figure}"
    )


def _pauses(pauses: list[tuple[float, float]]) -> str:
    # Between two people's turns, a pause is nobody's.
    if not pauses:
        return "There are no pauses in the speech."
    there = "There is" if len(pauses) == 1 else "There are"
    longest = longest_of([length(start, end) for start, end in pauses])
    return (
        f"{there} {count_of(len(pauses), 'pause')} in the speech: {listing(spans_listed(pauses))}. "
        f"{longest}."
    )

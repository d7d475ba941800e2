"""How long the clip is, and where it is silent."""

from __future__ import annotations

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import (
    SHORT_SECONDS,
    about_seconds,
    count_of,
    listing,
    place,
    seconds,
)

SHORTEST = 0.3
"""Seconds from which quiet between sounds counts as a silence."""
_NAMED = 8
_MOST_CONTRAST = 6.0
"""Tens of dB between what sounds and what does not, from which more say no more."""


class Silences(Tool[SpanArguments]):
    """What lies between the sounding stretches of the level."""

    name = "silences"
    description = (
        "Measures how long the clip is in seconds, how much of it is silent, and where the "
        "silences are. Helps with total length, gaps and pauses between sounds."
    )
    not_for = "Not for whether somebody speaks, nor for what sounds are or how often each is heard."
    examples = (
        "How long is the recording?",
        "How many seconds of silence are there?",
        "How long is the gap between the two sounds?",
        "Where is the silence?",
    )
    version = "4"
    licence = "Apache-2.0"
    domain = Domain.SOUND
    Arguments = SpanArguments

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Map sound and silence."""
        from audiorouter.toolbox.frontends.energy import contrast_db, sounding

        length = clip.duration
        sounds = sounding(clip, gap=SHORTEST)
        edges = [0.0, *(edge for segment in sounds for edge in segment), length]
        gaps = [
            (start, end)
            for start, end in zip(edges[::2], edges[1::2], strict=True)
            if end - start >= SHORTEST
        ]
        contrast = min(_MOST_CONTRAST, contrast_db(clip) / 10)
        silent = sum(end - start for start, end in gaps)
        data = {
            "duration_s": round(length, 2),
            "silent_s": round(silent, 2),
            "first_sound_s": round(sounds[0].start, 2) if sounds else None,
            "last_sound_ends_s": round(sounds[-1].end, 2) if sounds else None,
            "silences": [{"start_s": round(s, 2), "end_s": round(e, 2)} for s, e in gaps],
        }
        about = f"about {count_of(round(length), 'second')} long ({length:.1f} s)"
        text = f"The whole clip is {about if length >= 0.5 else f'{length:.2f} s long'}."
        if not sounds:
            return Finding(
                data, f"All of the clip is silent. {text}", self.confidence(_MOST_CONTRAST)
            )
        if not gaps:
            return Finding(
                data,
                f"It sounds throughout; there is no silence. {text}",
                self.confidence(contrast),
            )
        longest = max(gaps, key=lambda gap: gap[1] - gap[0])
        where = listing([f"{start:.1f} to {seconds(end)}" for start, end in gaps[:_NAMED]])
        inner = [end - start for start, end in gaps if start > 0 and end < length]
        return Finding(
            data,
            f"{count_of(len(gaps), 'silence').capitalize()}: {where}. The longest lasts "
            f"{seconds(longest[1] - longest[0])}, {place(sum(longest) / 2, length)}. "
            f"{seconds(silent)} are silent, {seconds(length - silent)} are not. The first sound "
            f"begins at {seconds(sounds[0].start)}, the last one ends at {seconds(sounds[-1].end)}."
            f"{_between(inner)} {text}",
            self.confidence(contrast),
        )


def _between(gaps: list[float]) -> str:
    """The silence between sounds, the longest where there are several; gaps in s."""
    if not gaps:
        return ""
    length = max(gaps)
    exact = f" ({length:.1f} s)" if length >= SHORT_SECONDS else ""
    most = "" if len(gaps) == 1 else "at most "
    return f" Between sounds there is silence for {most}{about_seconds(length)}{exact}."

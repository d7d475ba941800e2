"""How long the clip is, and where it is silent."""

from __future__ import annotations

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.lengths import length, longest_of, spans_listed, total
from audiorouter.toolbox.phrases import (
    SHORT_SECONDS,
    about_seconds,
    count_of,
    listing,
    place,
    seconds,
    times,
)

SHORTEST = 0.3
"""Seconds from which quiet between sounds counts as a silence."""
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
        "What share of the track has no signal?",
        "Is this audio continuous, or does it drop out at some points?",
        "Does the clip start with nothing at all before the first noise?",
        "The exam clips must have two seconds of nothing between stimuli; do they?",
        "Which of the gaps is the shortest, the first or the last?",
        "The whole clip runs for ___ seconds.",
        "What's the duration of this file?",
        "Where are the blank spots between tracks on this digitised cassette?",
    )
    version = "7"
    licence = "Apache-2.0"
    domain = Domain.SOUND
    Arguments = SpanArguments

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Map sound and silence."""
        from audiorouter.toolbox.frontends.energy import contrast_db, sounding

        duration = clip.duration
        sounds = sounding(clip, gap=SHORTEST)
        edges = [0.0, *(edge for segment in sounds for edge in segment), duration]
        gaps = [
            (start, end)
            for start, end in zip(edges[::2], edges[1::2], strict=True)
            if end - start >= SHORTEST
        ]
        contrast = min(_MOST_CONTRAST, contrast_db(clip) / 10)
        data = {
            "duration_s": round(duration, 2),
            "silent_s": round(sum(end - start for start, end in gaps), 2),
            "first_sound_s": round(sounds[0].start, 2) if sounds else None,
            "last_sound_ends_s": round(sounds[-1].end, 2) if sounds else None,
            "silences": [{"start_s": round(s, 2), "end_s": round(e, 2)} for s, e in gaps],
        }
        about = f"about {count_of(round(duration), 'second')} long ({duration:.1f} s)"
        text = f"The whole clip is {about if duration >= 0.5 else f'{duration:.2f} s long'}."
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
        lengths = [length(start, end) for start, end in gaps]
        longest = longest_of(lengths, [place(sum(gap) / 2, duration) for gap in gaps])
        silent = total(gaps)
        inner = [
            lasts
            for (start, end), lasts in zip(gaps, lengths, strict=True)
            if start > 0 and end < duration
        ]
        return Finding(
            data,
            f"{count_of(len(gaps), 'silence').capitalize()}: {listing(spans_listed(gaps))}. "
            f"{longest}. {seconds(silent)} are silent, {seconds(round(duration, 1) - silent)} are "
            f"not. The first sound begins at {seconds(sounds[0].start)}, the last one ends at "
            f"{seconds(sounds[-1].end)}.{_between(inner)} {text}",
            self.confidence(contrast),
        )


def _between(gaps: list[float]) -> str:
    """The silence between sounds, the longest of several; gaps in s, as they are said."""
    if not gaps:
        return " Between sounds there is no silence."
    longest = max(gaps)
    exact = f" ({longest:.1f} s)" if longest >= SHORT_SECONDS else ""
    most = "at most " if min(gaps) < longest else ""
    each = " each time" if len(gaps) > 1 and not most else ""
    often = f" {times(len(gaps))}," if len(gaps) > 1 else ""
    return (
        f" Between sounds there is silence{often} for {most}{about_seconds(longest)}{exact}{each}."
    )

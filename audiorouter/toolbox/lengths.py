"""Spans and their lengths as findings say them: to the tenth of a second.

A length is that between the times as they are said, and lengths are compared as they are said: who
reads "0.0 to 1.2 s" finds 1.2 s, and of two spans that are said to be as long neither is longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from audiorouter.toolbox.phrases import number_word, seconds

SHOWN = 8
"""Spans that a finding lists."""


def span(start: float, end: float) -> str:
    """A stretch between two times in s.

    >>> span(0.34, 1.08), span(59.2, 75.04)
    ('0.3 to 1.1 s', '59.2 s to 1 min 15.0 s')
    """
    if round(end, 1) < 60:
        return f"{start:.1f} to {end:.1f} s"
    return f"{_minutes(start)} to {_minutes(end)}"


def _minutes(time: float) -> str:
    tenths = round(10 * round(time, 1))
    minutes, rest = divmod(tenths, 600)
    return f"{minutes} min {rest / 10:.1f} s" if minutes else f"{rest / 10:.1f} s"


def length(start: float, end: float) -> float:
    """Seconds between two times as they are said.

    >>> length(0.04, 1.26), length(0.06, 1.26)
    (1.3, 1.2)
    """
    return round(round(float(end), 1) - round(float(start), 1), 1)


def total(spans: Sequence[tuple[float, float]]) -> float:
    """Seconds of all of them: as they are said where all can be listed, else as they are."""
    if len(spans) <= SHOWN:
        return round(sum(length(start, end) for start, end in spans), 1)
    return sum(end - start for start, end in spans)


def longest_of(lengths: Sequence[float], places: Sequence[str] = ()) -> str:
    """Which of the lengths, as they are said, is the longest; `places` say where each lies.

    >>> longest_of([0.4], ["near the end"]), longest_of([0.4, 0.4]), longest_of([0.2, 0.4])
    ('It lasts 0.4 s, near the end', 'Both last 0.4 s', 'The longer lasts 0.4 s')
    >>> longest_of([0.4, 0.2, 0.4]), longest_of([0.4, 0.2, 0.2])
    ('The longest are two of 0.4 s', 'The longest lasts 0.4 s')
    """
    most = max(lengths)
    those = [index for index, value in enumerate(lengths) if value == most]
    if len(those) > 1:
        if len(those) == len(lengths):
            return f"{'Both' if len(those) == 2 else 'All'} last {seconds(most)}"
        return f"The longest are {number_word(len(those))} of {seconds(most)}"
    which = {1: "It", 2: "The longer"}.get(len(lengths), "The longest")
    return f"{which} lasts {seconds(most)}{f', {places[those[0]]}' if places else ''}"


def spans_listed(spans: Iterable[tuple[float, float]]) -> list[str]:
    """The first of the spans, as they are said."""
    return [span(start, end) for start, end in list(spans)[:SHOWN]]

"""When what starts and ends, and how many times it sounds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, NoArguments, Tool
from audiorouter.toolbox.phrases import count_of, listing, place, seconds
from audiorouter.toolbox.sound.tags import FAINT, ranking

if TYPE_CHECKING:
    from audiorouter.toolbox.sound.activity import Segment

MAX_EVENTS = 60
_NAMED = 8


class EventArguments(NoArguments):
    """How far apart two sounds have to be to count as two."""

    gap: float = Field(
        default=0.2, ge=0.02, le=5, description="Shortest pause in s that separates two events."
    )


class Event(NamedTuple):
    """One sounding stretch, in s, with the most probable class and its probability."""

    start: float
    end: float
    label: str
    probability: float


class SoundEvents(Tool[EventArguments]):
    """Segments of the level, each named by YAMNet."""

    name = "sound_events"
    description = (
        "Lists each separate sound with its start and end in seconds, says how many there are and "
        "in which order. Helps with counting, order, duration and when something happens."
    )
    examples = (
        "How many times does the sound occur?",
        "Which sound comes first?",
        "When does the noise begin?",
        "How long does it last?",
    )
    version = "1"
    licence = "Apache-2.0"
    domain = Domain.SOUND
    Arguments = EventArguments
    weights = ("yamnet",)

    def load(self) -> None:
        """Load the network."""
        from audiorouter.toolbox.sound.yamnet import yamnet

        yamnet()

    def run(self, clip: Clip, arguments: EventArguments) -> Finding:
        """Find the sounding stretches and name each."""
        from audiorouter.toolbox.sound.activity import sounding

        segments = sounding(clip, gap=arguments.gap)
        events = [_named(clip, segment) for segment in segments[:MAX_EVENTS]]
        counts = Counter(event.label for event in events)
        data = {
            "duration_s": round(clip.duration, 2),
            "count": len(segments),
            "events": [
                {"start_s": e.start, "end_s": e.end, "class": e.label, "probability": e.probability}
                for e in events
            ],
            "counts": dict(counts.most_common()),
        }
        return Finding(data, _sentence(events, len(segments), clip.duration, counts))


def _named(clip: Clip, segment: Segment) -> Event:
    """Name a segment by the network's ear on it alone, so that neighbours do not speak into it."""
    from audiorouter.toolbox.sound.yamnet import SAMPLE_RATE, yamnet

    network = yamnet()
    audio = clip.mono(SAMPLE_RATE)
    part = audio[int(segment.start * SAMPLE_RATE) : int(segment.end * SAMPLE_RATE) + 1]
    mean = network.probabilities(part).mean(axis=0)
    best = ranking(mean, network.specific)[0]
    probability = round(float(mean[best]), 3)
    label = network.classes[best] if probability >= FAINT else "unknown sound"
    return Event(segment.start, segment.end, label, probability)


def _sentence(events: list[Event], count: int, duration: float, counts: Counter[str]) -> str:
    if not events:
        return "Nothing sounds in the clip: it is silent."
    if count == 1:
        (event,) = events
        if event.end - event.start > 0.9 * duration:
            return f"One continuous sound ({event.label}) for the whole {seconds(duration)}."
        where = place((event.start + event.end) / 2, duration)
        length = seconds(event.end - event.start)
        return f"One sound, {where}: {_when(event)}. It lasts {length}."
    text = f"{count_of(count, 'separate sound').capitalize()}: "
    text += listing([_when(event) for event in events[:_NAMED]])
    text += f" and {count - _NAMED} more." if count > _NAMED else "."
    if len(counts) == 1:
        return f"{text} All are alike: {count_of(count, 'time')} {next(iter(counts))}."
    totals = listing([f"{label} {_times(n)}" for label, n in counts.most_common(5)])
    if count > len(events):
        return f"{text} In all: {totals}."
    return f"{text} First {events[0].label}, last {events[-1].label}. In all: {totals}."


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, count_of(number, "time"))


def _when(event: Event) -> str:
    return f"{event.label} from {event.start:.1f} to {seconds(event.end)}"

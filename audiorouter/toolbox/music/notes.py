"""Which notes are played, by one instrument or many."""

from __future__ import annotations

from collections.abc import Sequence

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import without_music
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.note_names import note_name, spelled_note
from audiorouter.toolbox.phrases import count_of, listing, number_word, superlative

MAX_NOTES = 400
TOGETHER_SECONDS = 0.1
"""How long notes have to overlap to sound together: legato notes touch."""
UNSURE = 0.6
"""Mean probability of the notes below which their number is unsure."""
_NAMED = 16


class Notes(Tool[SpanArguments]):
    """Polyphonic transcription by Basic Pitch."""

    name = "notes"
    description = (
        "Transcribes music into notes, also where several sound at once: names, start times and "
        "how many notes are played, the highest and the lowest note, and how many sound together."
    )
    not_for = (
        "Not for a note's exact frequency (pitch), nor for the shape of a melody (melody), nor for "
        "strokes of drums, claps or knocks (onsets); naming chords is for chords."
    )
    examples = (
        "How many notes are played?",
        "Which notes are played, in order?",
        "How many notes sound at the same time?",
        "What is the lowest note?",
        "Turn this piano piece into MIDI for me.",
        "Up to how many keys are pressed down simultaneously?",
        "When does the pianist play the F sharp?",
        "Which of these notes never appears in the keyboard piece: B flat, G or E?",
        "True or false: two notes ring at once at second 3.",
        "I'd like sheet music for the harp arrangement; what's in it?",
        "The topmost note of the duet is ___.",
        "At what time is the highest note of the accordion piece played?",
    )
    version = "6"
    licence = "Apache-2.0"
    domain = Domain.MUSIC
    Arguments = SpanArguments
    weights = ("basic-pitch", "yamnet")

    def load(self) -> None:
        """Load both networks."""
        from audiorouter.toolbox.frontends.basic_pitch import network
        from audiorouter.toolbox.frontends.yamnet import yamnet

        network()
        yamnet()

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Transcribe."""
        if (reason := without_music(clip)) is not None:
            return Finding.not_measured(reason, count=0, notes=[])
        from audiorouter.toolbox.frontends.basic_pitch import notes_of

        notes = notes_of(clip)
        if not notes:
            return Finding.not_measured("no notes are recognised", count=0, notes=[])
        moments = [note.start + TOGETHER_SECONDS for note in notes]
        together = max(sum(n.start <= moment < n.end for n in notes) for moment in moments)
        together = max(1, together)
        strength = sum(note.strength for note in notes) / len(notes)
        data = {
            "count": len(notes),
            "most_at_once": together,
            "notes": [
                {"note": note_name(n.midi), "start_s": round(n.start, 2), "end_s": round(n.end, 2)}
                for n in notes[:MAX_NOTES]
            ],
        }
        names = [spelled_note(note.midi) for note in notes]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        voices = "one at a time" if together == 1 else f"{number_word(together)} together (a chord)"
        unsure = " The notes are faint, so some may be missing." if strength < UNSURE else ""
        return Finding(
            data,
            f"{count_of(len(notes), 'note').capitalize()}: {listing(names[:_NAMED])}{more}. "
            f"{_range([note.midi for note in notes])}"
            f"The number of notes that sound at the same time is {number_word(together)}: "
            f"{voices}.{unsure}",
            self.confidence(10 * (strength - UNSURE) - len(notes) / 20, unsure=strength < UNSURE),
        )


def _range(midi: Sequence[int]) -> str:
    """The highest and the lowest of several notes."""
    if len(midi) == 1:
        return ""
    if max(midi) == min(midi):
        return f"{'Both' if len(midi) == 2 else 'All'} are {spelled_note(midi[0])}. "
    high = superlative(len(midi), "higher", "highest")
    low = superlative(len(midi), "lower", "lowest")
    return f"The {high} is {spelled_note(max(midi))}, the {low} {spelled_note(min(midi))}. "

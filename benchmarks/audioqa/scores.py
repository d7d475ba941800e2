"""Scores, and the sampled instruments that play them."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import mido
import numpy as np

from audioqa.sources import Recordings, levelled, load

TICKS = 480


class Score:
    """A MIDI file in the making; times and lengths in beats."""

    def __init__(self, bpm: int):
        self._events: list[tuple[int, int, mido.Message | mido.MetaMessage]] = [
            (0, 0, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm)))
        ]

    def program(self, channel: int, number: int) -> None:
        """Choose the instrument of a channel."""
        self._events.append((0, 1, mido.Message("program_change", channel=channel, program=number)))

    def modulation(self, channel: int, depth: int) -> None:
        """Vibrato of a channel, 0 to 127."""
        change = mido.Message("control_change", channel=channel, control=1, value=depth)
        self._events.append((0, 1, change))

    def note(self, channel: int, number: int, start: float, length: float, velocity: int) -> None:
        """Play a note."""
        on, off = round(start * TICKS), round((start + length) * TICKS)
        self._events.append(
            (on, 3, mido.Message("note_on", channel=channel, note=number, velocity=velocity))
        )
        self._events.append((off, 2, mido.Message("note_off", channel=channel, note=number)))

    def file(self) -> mido.MidiFile:
        """The events in order, as one track."""
        track = mido.MidiTrack()
        last = 0
        for time, _, message in sorted(self._events, key=lambda event: event[:2]):
            track.append(message.copy(time=time - last))
            last = time
        return mido.MidiFile(ticks_per_beat=TICKS, tracks=[track])


def played(
    heard: Recordings, score: mido.MidiFile, *, soundfont: str = "fluid-soundfont-gm"
) -> np.ndarray:
    """The score as FluidSynth plays it, mono, without the silence at its end."""
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder) / "a.mid", Path(folder) / "a.wav"
        score.save(midi)
        command = ["fluidsynth", "-ni", "-q", "-g", "0.6", "-r", "44100", "-F", str(wave)]
        command += ["-o", "synth.dynamic-sample-loading=1"]  # loads what is played: much faster
        subprocess.run(
            [*command, str(heard.soundfonts[soundfont]), str(midi)], check=True, capture_output=True
        )
        audio = load(wave)
    loud = np.flatnonzero(np.abs(audio) > 1e-3)
    return levelled(audio[: loud[-1] + 1])

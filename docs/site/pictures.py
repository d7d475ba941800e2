"""A clip as a picture: its waveform, its spectrogram, and beneath what a finding says of times.

The picture is SVG that stands in the page, so that it has the page's colours, light or dark.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image
from scipy.signal import stft

from audiorouter.viewer.lanes import lanes_of

WIDTH, WAVE, SPECTRUM, LANE, AXIS, LEFT = 1000, 70, 150, 24, 24, 0
COLUMNS, ROWS = 400, 96
LOWEST, HIGHEST = 60.0, 7500.0
"""Hz, of the spectrogram, which is logarithmic."""
RANGE_DB = 70.0
MOST_LANES = 6
LETTER = 7.4
"""Width of a letter, about, in the units of the picture."""


def picture(clip: Path, data: Mapping[str, Any]) -> str:
    """Waveform, spectrogram and lanes of a finding, as one SVG element."""
    samples, rate = _samples(clip)
    duration = len(samples) / rate
    lanes = lanes_of(data, duration=duration)[:MOST_LANES]
    height = WAVE + SPECTRUM + LANE * len(lanes) + AXIS
    parts = [_waveform(clip), _spectrogram(clip)]
    for number, lane in enumerate(lanes):
        parts += _lane(lane, WAVE + SPECTRUM + number * LANE, duration)
    parts += _axis(height, duration)
    parts.append(f'<line class="now" x1="0" x2="0" y1="0" y2="{height - AXIS}"/>')
    named = ", ".join(str(lane["name"]) for lane in lanes)
    label = f"Waveform and spectrogram of {clip.name}" + (f", with {named}" if named else "")
    return (
        f'<svg class="heard" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(label)}" data-duration="{duration:.3f}">{"".join(parts)}</svg>'
    )


@cache
def _samples(clip: Path) -> tuple[Any, int]:
    audio, rate = soundfile.read(clip, dtype="float32", always_2d=True)
    return audio.mean(axis=1), rate


@cache
def _waveform(clip: Path) -> str:
    """The largest and smallest sample of each of 500 stretches, as one closed path."""
    samples, _ = _samples(clip)
    parts = np.array_split(samples, WIDTH // 2)
    peak = float(np.abs(samples).max()) or 1.0
    middle, scale = WAVE / 2, (WAVE / 2 - 2) / peak
    upper = [f"{2 * x},{middle - scale * float(part.max()):.0f}" for x, part in enumerate(parts)]
    lower = [f"{2 * x},{middle - scale * float(part.min()):.0f}" for x, part in enumerate(parts)]
    return f'<path class="wave" d="M{"L".join(upper)}L{"L".join(reversed(lower))}Z"/>'


@cache
def _spectrogram(clip: Path) -> str:
    """Levels as the opacity of one colour, so that it shows on any ground."""
    samples, rate = _samples(clip)
    frequencies, _, spectrum = stft(samples, rate, nperseg=1024, noverlap=768)
    level = 20 * np.log10(np.abs(spectrum) + 1e-9)
    wanted = np.geomspace(HIGHEST, LOWEST, ROWS)
    rows = np.array([level[np.abs(frequencies - hz).argmin()] for hz in wanted])
    columns = np.linspace(0, rows.shape[1] - 1, COLUMNS).astype(int)
    shown = np.clip((rows[:, columns] - rows.max()) / RANGE_DB + 1, 0, 1)
    alpha = (255 * shown**1.5).astype(np.uint8) // 8 * 8
    colour = np.broadcast_to(np.array([216, 67, 21], np.uint8), (*alpha.shape, 3))
    image = Image.fromarray(np.dstack([colour, alpha]))
    # Few shades make a small file, and are more than the eye tells apart here.
    file = io.BytesIO()
    image.quantize(32, method=Image.Quantize.FASTOCTREE).save(file, "PNG", optimize=True)
    text = base64.b64encode(file.getvalue()).decode()
    return (
        f'<image x="0" y="{WAVE}" width="{WIDTH}" height="{SPECTRUM}" '
        f'preserveAspectRatio="none" href="data:image/png;base64,{text}"/>'
        f'<text class="hz" x="4" y="{WAVE + 14}">{HIGHEST / 1000:g} kHz</text>'
        f'<text class="hz" x="4" y="{WAVE + SPECTRUM - 6}">{LOWEST:g} Hz</text>'
    )


def _lane(lane: Mapping[str, Any], top: int, duration: float) -> list[str]:
    """Spans as bars with their labels, points as lines; each says on hover what it is."""
    scale = WIDTH / duration
    parts = [f'<line class="rule" x1="0" x2="{WIDTH}" y1="{top}" y2="{top}"/>']
    for time in lane.get("points", ()):
        parts.append(
            f'<line class="point" data-start="{time}" x1="{time * scale:.1f}" '
            f'x2="{time * scale:.1f}" y1="{top + 3}" y2="{top + LANE - 3}">'
            f"<title>{time:.2f} s</title></line>"
        )
    for start, end, label in lane.get("items", ()):
        x, width = start * scale, max(2.0, (min(end, duration) - start) * scale)
        told = escape(str(label))
        title = f"{told} {start:.2f} – {end:.2f} s".strip()
        parts.append(
            f'<g class="span" data-start="{start}" data-end="{end}"><title>{title}</title>'
            f'<rect x="{x:.1f}" y="{top + 2}" width="{width:.1f}" height="{LANE - 4}" rx="3"/>'
            f"{_label(str(label), x, width, top)}</g>"
        )
    return parts


def _label(label: str, x: float, width: float, top: int) -> str:
    """As much of a label as there is room for."""
    room = int((width - 8) / LETTER)
    shown = label if len(label) <= room else f"{label[: room - 1]}…"
    return f'<text x="{x + 4:.1f}" y="{top + 16}">{escape(shown)}</text>' if room >= 2 else ""


def _axis(height: int, duration: float) -> list[str]:
    step = 1 if duration < 12 else 2
    marks: Sequence[int] = range(0, int(duration) + 1, step)
    return [
        f'<text class="axis" text-anchor="{"start" if at == 0 else "middle"}" '
        f'x="{min(at * WIDTH / duration, WIDTH - 14):.0f}" y="{height - 6}">{at} s</text>'
        for at in marks
    ]

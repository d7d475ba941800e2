"""How loud sounds are, by their power and to the ear."""

from __future__ import annotations

import numpy as np

from audioqa.sources import RATE

FRAME = round(0.025 * RATE)
FULL_SCALE = 0.95


def rms(audio: np.ndarray) -> float:
    """Root mean square, 1 for a full-scale square wave."""
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))


def at_rms(audio: np.ndarray, wanted: float) -> np.ndarray:
    """Brought to this root mean square."""
    return np.asarray(audio * (wanted / max(rms(audio), 1e-9)), dtype=np.float32)


def at_peak(audio: np.ndarray, wanted: float) -> np.ndarray:
    """Brought to this peak, since the root mean squares of short sounds say little."""
    return np.asarray(audio * (wanted / max(1e-6, float(np.abs(audio).max()))), dtype=np.float32)


def unclipped(audio: np.ndarray) -> np.ndarray:
    """Brought down if it would be beyond `FULL_SCALE`."""
    peak = float(np.abs(audio).max())
    return np.asarray(audio / max(1.0, peak / FULL_SCALE), dtype=np.float32)


def frame_levels(audio: np.ndarray) -> np.ndarray:
    """Levels of frames of 25 ms, in dB below the loudest one."""
    frames = audio[: len(audio) // FRAME * FRAME].reshape(-1, FRAME)
    power = np.mean(frames**2, axis=1) + 1e-12
    return np.asarray(10 * np.log10(power / power.max()))


def loudness(audio: np.ndarray) -> float:
    """How loud it is to the ear, in dB: the root mean square under the A-weighting of IEC 61672.

    Of the loudest half of its 50 ms, so that pauses do not count.
    """
    f2 = np.fft.rfftfreq(len(audio), 1 / RATE) ** 2
    weight = 12194**2 * f2**2 / (f2 + 20.6**2) / (f2 + 12194**2)
    weight /= np.sqrt((f2 + 107.7**2) * (f2 + 737.9**2)) * 0.794
    heard = np.fft.irfft(np.fft.rfft(audio) * weight, len(audio))
    hops = np.arange(0, len(heard), RATE // 20)
    energy = np.sort(np.add.reduceat(heard**2, hops) / (RATE // 20))
    return float(10 * np.log10(np.mean(energy[len(energy) // 2 :]) + 1e-12))


def at_loudness(audio: np.ndarray, decibels: float) -> np.ndarray:
    """As loud to the ear as that, in dB."""
    return np.asarray(audio * 10 ** ((decibels - loudness(audio)) / 20), dtype=np.float32)

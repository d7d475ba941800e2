"""The facts that are asked for, by group of skills."""

from __future__ import annotations

from audioqa.skills import combined, music, sound, speech

GROUPS = (speech.make, sound.make, music.make, combined.make)

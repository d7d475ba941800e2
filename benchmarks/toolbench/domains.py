"""What is measured of the tools, by kind of audio."""

from __future__ import annotations

from toolbench import music, sound, speech

DOMAINS = {"speech": speech.measure, "sound": sound.measure, "music": music.measure}

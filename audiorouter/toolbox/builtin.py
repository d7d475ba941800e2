"""The tools that come with the package, registered through the same hook as everybody's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from audiorouter.plugins.hookspecs import hookimpl
from audiorouter.toolbox.interface import Tool
from audiorouter.toolbox.music.harmony import Chords, Key
from audiorouter.toolbox.music.rhythm import BeatTimes, Meter, Tempo
from audiorouter.toolbox.sound.events import SoundEvents
from audiorouter.toolbox.sound.loudness import Loudness
from audiorouter.toolbox.sound.pitch import Pitch
from audiorouter.toolbox.sound.tags import SoundTags
from audiorouter.toolbox.speech.language import SpokenLanguage
from audiorouter.toolbox.speech.speakers import Speakers
from audiorouter.toolbox.speech.transcribe import Transcribe


@hookimpl
def register_tools(register: Callable[[Tool[Any]], None]) -> None:
    """Register every built-in tool."""
    for tool in (
        Transcribe(),
        SpokenLanguage(),
        Speakers(),
        SoundTags(),
        SoundEvents(),
        Loudness(),
        Pitch(),
        Tempo(),
        BeatTimes(),
        Meter(),
        Key(),
        Chords(),
    ):
        register(tool)

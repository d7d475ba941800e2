"""The tools that come with the package, registered through the same hook as everybody's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from audiorouter.plugins.hookspecs import hookimpl
from audiorouter.toolbox.interface import Tool
from audiorouter.toolbox.music.chords import Chords
from audiorouter.toolbox.music.dynamics import Dynamics
from audiorouter.toolbox.music.harmony import Key
from audiorouter.toolbox.music.instruments import Instruments
from audiorouter.toolbox.music.melody import Melody
from audiorouter.toolbox.music.music_tags import MusicTags
from audiorouter.toolbox.music.notes import Notes
from audiorouter.toolbox.music.onsets import Onsets
from audiorouter.toolbox.music.open_tools import (
    OpenBeats,
    OpenChords,
    OpenKey,
    OpenMeter,
    OpenTempo,
)
from audiorouter.toolbox.music.pitch import Pitch
from audiorouter.toolbox.music.rhythm import BeatRegularity, BeatTimes, Meter, Tempo
from audiorouter.toolbox.music.sections import Sections
from audiorouter.toolbox.sound.brightness import Brightness
from audiorouter.toolbox.sound.compare_parts import CompareParts
from audiorouter.toolbox.sound.count_sound import CountSound
from audiorouter.toolbox.sound.events import SoundEvents
from audiorouter.toolbox.sound.loudness import Loudness
from audiorouter.toolbox.sound.noise import Noise
from audiorouter.toolbox.sound.repetition import Repetition
from audiorouter.toolbox.sound.scene import Scene
from audiorouter.toolbox.sound.silences import Silences
from audiorouter.toolbox.sound.stereo import Stereo
from audiorouter.toolbox.sound.tags import SoundTags
from audiorouter.toolbox.speech.activity import SpeakingRate, SpeechActivity
from audiorouter.toolbox.speech.conversation import Conversation
from audiorouter.toolbox.speech.diarization import Diarization
from audiorouter.toolbox.speech.find_word import FindWord
from audiorouter.toolbox.speech.language import SpokenLanguage
from audiorouter.toolbox.speech.phonemes import Phonemes
from audiorouter.toolbox.speech.prosody import Prosody
from audiorouter.toolbox.speech.quality import SpeechQuality
from audiorouter.toolbox.speech.speakers import Speakers
from audiorouter.toolbox.speech.transcribe import Transcribe
from audiorouter.toolbox.speech.voice_pitch import VoicePitch

SPEECH: tuple[type[Tool[Any]], ...] = (
    Transcribe,
    FindWord,
    Phonemes,
    SpokenLanguage,
    Speakers,
    Conversation,
    VoicePitch,
    Prosody,
    SpeechActivity,
    SpeakingRate,
    SpeechQuality,
    Diarization,
)
SOUND: tuple[type[Tool[Any]], ...] = (
    SoundTags,
    SoundEvents,
    CountSound,
    Silences,
    Repetition,
    Loudness,
    Noise,
    Brightness,
    Stereo,
    CompareParts,
    Scene,
)
MUSIC: tuple[type[Tool[Any]], ...] = (
    Pitch,
    Melody,
    Notes,
    Onsets,
    Instruments,
    MusicTags,
    Tempo,
    BeatTimes,
    BeatRegularity,
    Meter,
    Key,
    Chords,
    Dynamics,
    Sections,
)
STAND_INS: tuple[type[Tool[Any]], ...] = (
    OpenTempo,
    OpenBeats,
    OpenMeter,
    OpenKey,
    OpenChords,
)


@hookimpl
def register_tools(register: Callable[[Tool[Any]], None]) -> None:
    """Register every built-in tool."""
    for kind in (*SPEECH, *SOUND, *MUSIC, *STAND_INS):
        register(kind())

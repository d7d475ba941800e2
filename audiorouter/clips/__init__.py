"""Clips: audio files as float32 arrays, each decoded once.

Decoding is in `audiorouter.decoding`, resampling is soxr's. A clip's identity is the hash of its
*decoded* audio, so that a renamed copy, or the same samples as WAV and FLAC, are one clip.
"""

from audiorouter.clips.clip import Clip
from audiorouter.clips.facts import ClipFacts, decibels
from audiorouter.clips.files import FileStamp, find_clips, skipped_files
from audiorouter.clips.sources import NO_SOURCES, AudioSource, Sources

__all__ = [
    "NO_SOURCES",
    "AudioSource",
    "Clip",
    "ClipFacts",
    "FileStamp",
    "Sources",
    "decibels",
    "find_clips",
    "skipped_files",
]

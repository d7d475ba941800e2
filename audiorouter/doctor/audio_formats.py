"""Which audio files can be read: libsndfile, and FFmpeg for the rest."""

from __future__ import annotations

from collections.abc import Iterator

from audiorouter.doctor.checks import Check, Subject, ok, problem, warning
from audiorouter.doctor.looks import DECODERS, SOUND_FORMATS


def audio_formats(subject: Subject) -> Iterator[Check]:
    """Both decoders with what they read."""
    for module, library, wanted, package in (
        ("soundfile", "libsndfile", SOUND_FORMATS, "soundfile"),
        ("av", "FFmpeg (libavcodec)", DECODERS, "av"),
    ):
        facts, error = subject.children.told(module)
        again = f"pip install --force-reinstall {package}"
        if error is not None:
            yield problem(f"{library} cannot be loaded: {error}", again)
        elif facts["lacks"]:
            lacks = ", ".join(facts["lacks"])
            yield warning(f"{library} {facts['version']} does not read {lacks}", again)
        else:
            yield ok(f"{library} {facts['version']} reads {', '.join(wanted)} and more")

"""Endings of file names: what is read, and what is sound but is not read."""

from __future__ import annotations

# fmt: off
READ = frozenset([
    ".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd",
    ".caf", ".w64", ".rf64", ".voc", ".m4a", ".m4b", ".aac", ".weba", ".wma", ".mka", ".mp2",
    ".mpga", ".amr", ".ac3", ".eac3", ".ape", ".wv", ".tta", ".tak", ".mpc", ".dsf", ".spx", ".ra",
    ".mp4", ".m4v", ".mov", ".qt", ".mkv", ".webm", ".avi", ".wmv", ".asf", ".flv", ".3gp",
    ".3g2", ".mpg", ".mpeg", ".ogv", ".rm", ".m2ts", ".vob",
])
# fmt: on
"""Endings of the names of files of sound, and of videos with sound, in lower case."""

_NOTES = "notes, not sound"
_ENCRYPTED = "encrypted"
_BARE = "samples without a header"
_UNKNOWN = "a kind that is not read"

NOT_READ = {
    ".mid": _NOTES,
    ".midi": _NOTES,
    ".kar": _NOTES,
    ".m4p": _ENCRYPTED,
    ".aax": _ENCRYPTED,
    ".raw": _BARE,
    ".pcm": _BARE,
    ".sph": _UNKNOWN,
    ".nist": _UNKNOWN,
    ".gsm": _UNKNOWN,
    ".shn": _UNKNOWN,
    ".dff": _UNKNOWN,
    ".rmvb": _UNKNOWN,
    ".mxf": _UNKNOWN,
    ".m3u": "a list, not sound",
    ".m3u8": "a list, not sound",
}
"""Why files that are about sound are left out where a folder is searched, by their ending."""

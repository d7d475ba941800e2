"""Where the audio comes from: Debian packages, unpacked without being installed.

benchmarks/recordings.py says what is in them, under which licences, and which recording belongs to
which split. Needs apt-get, dpkg and fluidsynth.
"""

from __future__ import annotations

import gzip
import re
import subprocess
from pathlib import Path

import numpy as np
import soundfile
import soxr

RATE = 22_050
SHARES = (0.36, 0.16, 0.48)
VOICES = {
    "English": ("en", "en_US_f_Allison"),
    "Spanish": ("es", "es_MX_f_Allison"),
    "French": ("fr", "fr_CA_f_June"),
    "Italian": ("it", "it_IT_m_Carlo"),
    "Russian": ("ru", "ru_RU_f_IvrvoiceRU"),
}
SOUNDFONTS = {
    "fluid-soundfont-gm": "sf2/FluidR3_GM.sf2",
    "musescore-general-soundfont-small": "sf3/MuseScore_General_Lite.sf3",
    "timgm6mb-soundfont": "sf2/TimGM6mb.sf2",
}
PIECES = {
    "asterisk-moh-opsound-wav": "asterisk/moh",
    "wesnoth-1.16-music": "games/wesnoth/1.16/data/core/music",
}
PACKAGES = (
    *SOUNDFONTS,
    *PIECES,
    "tuxpaint-stamps-default",
    "sonic-pi-samples",
    "hydrogen-drumkits",
    "klettres-data",
    "ktuberling-data",
    "lincity-ng-data",
    *(f"asterisk-core-sounds-{code}{kind}" for code, _ in VOICES.values() for kind in ("", "-wav")),
)
STAMPS = {
    "hammer": "household/tools/hammer", "saw": "household/tools/saw",
    "vacuum cleaner": "household/vacuum_cleaner", "toilet flushing": "household/toilet",
    "washing machine": "household/Washing-machine", "boiling kettle": "household/kettle",
    "camera": "hobbies/camera_35mm", "fireworks": "seasonal/newyears/fireworks",
    "fire engine siren": "vehicles/emergency/firetruck", "thunder": "naturalforces/lightningbolt",
    "cymbal": "hobbies/music/percussion/cymbal_crash", "drum kit": "hobbies/music/percussion/drumkit",
    "cello": "hobbies/music/string/cello", "violin": "hobbies/music/string/violin",
    "dog": "animals/mammals/dogs/dog", "cow": "animals/mammals/bovines/cow",
    "sheep": "animals/mammals/bovines/sheep", "goat": "animals/mammals/bovines/goat",
    "pig": "animals/mammals/pig", "horse": "animals/mammals/equines/horse",
    "donkey": "animals/mammals/equines/donkey", "lion": "animals/mammals/cats/lion",
    "cat": "seasonal/halloween/blackcat", "elephant": "animals/mammals/elephant",
    "whale": "animals/mammals/aquatic/whale", "rooster": "animals/birds/rooster",
    "hen": "animals/birds/hen", "duck": "animals/birds/duck", "turkey": "animals/birds/turkey",
    "owl": "animals/birds/owl", "crow": "animals/birds/crow", "cuckoo": "animals/birds/cuckoo",
    "seagull": "animals/birds/seagull", "goose": "animals/birds/gander", "frog": "animals/amphibians/frog",
    "bee": "animals/insects/bee", "mosquito": "animals/insects/mosquito",
    "cricket": "animals/insects/grasshopper", "chimpanzee": "animals/mammals/apes/chimp",
    "mouse": "animals/mammals/rodents/mouse", "tiger": "animals/mammals/cats/tiger",
    "bull": "animals/mammals/bovines/bull", "blackbird": "animals/birds/blackbird",
}  # fmt: skip
ANIMALS = frozenset(
    name for name, path in STAMPS.items() if path.startswith("animals") or name == "cat"
)

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def in_words(n: int) -> str:
    """A number from 0 to 99 in words: `forty-two`."""
    if n < len(_UNITS):
        return _UNITS[n]
    tens, units = divmod(n, 10)
    return f"{_TENS[tens]}-{_UNITS[units]}" if units else _TENS[tens]


NUMBERS = {n: in_words(n) for n in (*range(21), 30, 40, 50, 60, 70, 80, 90)}
"""What the English voice says as `digits/N`."""
SCENES = "games/lincity-ng/sounds"
DRUMKITS = "hydrogen/data/drumkits"
WORDS = {"klettres": "klettres", "ktuberling": "ktuberling/sounds"}
AUDIO = frozenset({".wav", ".flac", ".aiff", ".ogg", ".opus"})
FEWEST_WORDS = 10
"""Recordings of a language below which it is left out."""


def fetch(folder: Path) -> Path:
    """Download and unpack into `folder` the packages that are not there."""
    share = folder / "root/usr/share"
    missing = [package for package in PACKAGES if not (share / "doc" / package).is_dir()]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        absent = [package for package in missing if not list(folder.glob(f"{package}_*.deb"))]
        if absent:
            subprocess.run(["apt-get", "download", *absent], cwd=folder, check=True)
        for package in missing:
            (archive,) = folder.glob(f"{package}_*.deb")
            subprocess.run(["dpkg", "-x", archive.name, "root"], cwd=folder, check=True)
    return share


class Recordings:
    """Everything that can be heard, by name; all mono float32 at `RATE`."""

    def __init__(self, share: Path):
        self._share = share
        self.soundfonts = {name: share / "sounds" / path for name, path in SOUNDFONTS.items()}

    def stamp(self, name: str) -> np.ndarray:
        """A recorded animal or thing, cut to 4 s and brought to a common level."""
        path = self._share / f"tuxpaint/stamps/{STAMPS[name]}.ogg"
        return levelled(trimmed(load(path))[: 4 * RATE])

    def prompt(self, language: str, name: str) -> np.ndarray:
        """A spoken prompt."""
        path = self._share / f"asterisk/sounds/{VOICES[language][1]}/{name}.wav"
        return levelled(trimmed(load(path)))

    def prompts(self, language: str, *, words: tuple[int, int]) -> dict[str, str]:
        """Names and transcripts of the prompts with as many words."""
        code, voice = VOICES[language]
        raw = gzip.decompress(
            (
                self._share / f"doc/asterisk-core-sounds-{code}/core-sounds-{code}.txt.gz"
            ).read_bytes()
        )
        text = _decoded(raw)
        found = {}
        for line in text.splitlines():
            name, colon, said = line.partition(":")
            name, said = name.strip().removesuffix(".wav"), said.strip()
            if not colon or line.startswith(";") or re.search(r"[\[(\d]|\.\.\.", said):
                continue
            path = self._share / f"asterisk/sounds/{voice}/{name}.wav"
            if words[0] <= len(said.split()) <= words[1] and path.exists():
                found[name] = said.rstrip(".!").strip()
        return found

    def pieces(self) -> dict[str, list[str]]:
        """Names of the pieces of music, by package."""
        return {name: _stems(self._share / folder) for name, folder in PIECES.items()}

    def piece(self, name: str) -> np.ndarray:
        """A whole piece of music, at its own level."""
        folders = (self._share / folder for folder in PIECES.values())
        return load(next(path for folder in folders for path in folder.glob(f"{name}.*")))

    def samples(self) -> list[str]:
        """Names of single samples; what comes before the first `_` says of what kind."""
        return _stems(self._share / "sonic-pi/samples")

    def sample(self, name: str) -> np.ndarray:
        """A sample at a common level."""
        return levelled(trimmed(load(self._share / f"sonic-pi/samples/{name}.flac")))

    def scenes(self) -> list[str]:
        """Names of recorded scenes; without its number each says which: Farm1, TraficLow2."""
        return _stems(self._share / SCENES)

    def scene(self, name: str) -> np.ndarray:
        """A recorded scene at a common level."""
        return levelled(trimmed(load(self._share / SCENES / f"{name}.wav")))

    def drumkits(self) -> list[str]:
        """Names of the drum kits."""
        return sorted(path.name for path in (self._share / DRUMKITS).iterdir())

    def strokes(self, kit: str) -> dict[str, np.ndarray]:
        """Single strokes of a kit at a common level, by name."""
        found = {path.stem: load(path) for path in _audio(self._share / DRUMKITS / kit)}
        return {name: levelled(trimmed(audio)) for name, audio in found.items() if audio.any()}

    def speakers(self) -> list[str]:
        """Languages in which somebody says words and letters, as `PACKAGE/CODE`."""
        return [
            f"{package}/{folder.name}"
            for package, place in WORDS.items()
            for folder in sorted((self._share / place).iterdir())
            if "@" not in folder.name and len(_audio(folder)) >= FEWEST_WORDS
        ]

    def words(self, speaker: str) -> list[str]:
        """Names of what a speaker says: a word or a thing by its (English) name, or a letter."""
        folder = self._spoken(speaker)
        return [str(path.relative_to(folder)) for path in _audio(folder)]

    def word(self, speaker: str, name: str) -> np.ndarray:
        """A word, a syllable or a letter at a common level."""
        return levelled(trimmed(load(self._spoken(speaker) / name)))

    def _spoken(self, speaker: str) -> Path:
        package, _, code = speaker.partition("/")
        return self._share / WORDS[package] / code


def _audio(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix in AUDIO and p.stat().st_size > 0)


def _stems(folder: Path) -> list[str]:
    return [path.stem for path in _audio(folder)]


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def load(path: Path) -> np.ndarray:
    """Mono audio at `RATE`."""
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(audio.mean(axis=1), rate, RATE), dtype=np.float32)


def trimmed(audio: np.ndarray) -> np.ndarray:
    """Without the silence at both ends."""
    loud = np.flatnonzero(np.abs(audio) > 0.02 * np.abs(audio).max())
    return audio[loud[0] : loud[-1] + 1]


def levelled(audio: np.ndarray, rms: float = 0.08) -> np.ndarray:
    """At a common level, without clipping."""
    louder = audio * (rms / max(1e-6, float(np.sqrt(np.mean(audio**2)))))
    return np.asarray(louder / max(1.0, float(np.abs(louder).max()) / 0.95), dtype=np.float32)


def silence(seconds: float) -> np.ndarray:
    """Nothing."""
    return np.zeros(round(seconds * RATE), dtype=np.float32)

"""What each tool finds in one of the example clips, for its page: docs/site/findings.json.

python docs/site/tool_findings.py           # those whose tool has another version by now
python docs/site/tool_findings.py --all     # all of them, a few minutes; needs the weights
python docs/site/tool_findings.py --check   # only says which are of another version
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CLIPS = HERE.parents[1] / "examples" / "clips"
KEPT = HERE / "findings.json"
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "transcribe": ("voicemail", {}),
    "find_word": ("voicemail", {"word": "message"}),
    "phonemes": ("numbers", {}),
    "spoken_language": ("french", {}),
    "speakers": ("conversation", {}),
    "conversation": ("conversation", {}),
    "voice_pitch": ("conversation", {}),
    "prosody": ("trio", {}),
    "speech_activity": ("voicemail", {}),
    "speaking_rate": ("voicemail", {}),
    "speech_quality": ("password", {}),
    "diarization": ("conversation", {}),
    "sound_tags": ("telephone", {}),
    "sound_events": ("birds_phone", {}),
    "count_sound": ("telephone", {"sound": "telephone"}),
    "silences": ("telephone", {}),
    "repetition": ("cowbell", {}),
    "loudness": ("applause", {}),
    "noise": ("five_digits", {}),
    "brightness": ("trumpet_fall", {}),
    "stereo": ("waltz", {}),
    "compare_parts": ("phone_applause", {}),
    "scene": ("voicemail", {}),
    "pitch": ("violin_note", {}),
    "melody": ("flute_scale", {}),
    "notes": ("clarinet_fall", {}),
    "onsets": ("claps", {}),
    "instruments": ("trumpet_fall", {}),
    "music_tags": ("rock", {}),
    "tempo": ("waltz", {}),
    "beats": ("march", {}),
    "beat_regularity": ("march", {}),
    "meter": ("waltz", {}),
    "key": ("ballad", {}),
    "chords": ("waltz", {}),
    "dynamics": ("ballad", {}),
    "sections": ("phone_applause", {}),
}
"""Which clip each tool's page has, and what the tool is told; a new tool gets a line here."""

REMARKS = {
    "diarization": "Two people speak: this finding is wrong.",
    "prosody": "Three people speak, the third from 10 s on: this finding takes two for one.",
    "music_tags": "The piece was written as rock, and is played by sampled instruments.",
    "stereo": "All example clips are mono.",
}
"""What has to be said of a finding."""


@dataclass(frozen=True)
class Example:
    """What a tool found in a clip."""

    version: str
    clip: str
    arguments: Mapping[str, Any]
    text: str
    data: Mapping[str, Any]
    confidence: float | None

    @property
    def path(self) -> Path:
        """The clip."""
        return CLIPS / self.clip


def kept() -> dict[str, Example]:
    """What was found, by tool."""
    if not KEPT.exists():
        return {}
    return {name: Example(**one) for name, one in json.loads(KEPT.read_text("utf-8")).items()}


def outdated(tools: Iterable[Any]) -> list[str]:
    """Tools without a finding that is of their version and of the call above."""
    found = kept()
    return [tool.name for tool in tools if not _is_current(found.get(tool.name), tool)]


def _is_current(example: Example | None, tool: Any) -> bool:
    if example is None or tool.name not in CALLS:
        return False
    clip, arguments = CALLS[tool.name]
    asked = (f"{clip}.flac", arguments)
    return example.version == tool.version and (example.clip, dict(example.arguments)) == asked


def hear(names: Iterable[str]) -> None:
    """Run tools on their clips, and keep what they find."""
    from audiorouter import EngineOptions, Session

    found = kept()
    with tempfile.TemporaryDirectory() as folder:
        options = EngineOptions(store=Path(folder) / "store.db")
        with Session(options) as session:
            for name in names:
                clip, arguments = CALLS[name]
                tool = session.registry.tool(name)
                (result,) = session.run_tool(name, CLIPS / f"{clip}.flac", **arguments)
                if result.finding is None:
                    sys.exit(f"{name} found nothing in {clip}: {result.error}")
                one = result.finding
                found[name] = Example(
                    tool.version, f"{clip}.flac", arguments, one.text, one.data, one.confidence
                )
                print(f"{name}: {one}", file=sys.stderr)
    current = {name: asdict(found[name]) for name in CALLS if name in found}
    KEPT.write_text(json.dumps(current, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main() -> None:
    """Hear what is missing, or say what is."""
    from audiorouter.plugins import load_registry

    tools = load_registry(third_party=False).tools
    if unplanned := set(tools) - set(CALLS):
        sys.exit(
            f"no clip is chosen for {', '.join(sorted(unplanned))}: add to CALLS in {__file__}"
        )
    stale = [*tools] if "--all" in sys.argv else outdated(tools.values())
    if "--check" in sys.argv:
        if stale:
            sys.exit(f"findings on the pages of {', '.join(stale)} are old, run `make docs-write`")
    elif stale:
        hear(stale)


if __name__ == "__main__":
    main()

"""How long an MP3 says it is: encoders write the number of its frames into the first one."""

from __future__ import annotations

import struct
from pathlib import Path

_LARGEST_FRAME = 2_881
_SEARCHED = 65_536
_RATES = (44_100, 48_000, 32_000)
"""Hz, of MPEG 1; halved for MPEG 2, and again for 2.5."""


def claimed(path: Path) -> float | None:
    """Seconds by a Xing, Info or VBRI header, None where there is none."""
    try:
        with path.open("rb") as file:
            start = file.read(10)
            tag = 0
            if start[:3] == b"ID3" and len(start) == 10:
                for byte in start[6:]:  # seven bits each
                    tag = tag << 7 | byte & 0x7F
                tag += 10
            file.seek(tag)
            window = file.read(_SEARCHED)
    except OSError:
        return None
    sync = window.find(b"\xff")
    while sync >= 0 and window[sync + 1 : sync + 2] < b"\xe0":
        sync = window.find(b"\xff", sync + 1)
    return None if sync < 0 else _claimed(window[sync : sync + _LARGEST_FRAME])


def _claimed(frame: bytes) -> float | None:
    for name, place in ((b"Xing", 8), (b"Info", 8), (b"VBRI", 14)):
        found = frame.find(name, 0, 200)
        if found < 0 or len(frame) < found + place + 4:
            continue
        if name != b"VBRI" and not frame[found + 7] & 1:
            return None
        (frames,) = struct.unpack_from(">I", frame, found + place)
        version, rate = frame[1] >> 3 & 3, frame[2] >> 2 & 3
        if version == 1 or rate == 3:
            return None
        divided = {3: 1, 2: 2, 0: 4}[version]
        return float(frames * (1152 if version == 3 else 576) * divided / _RATES[rate])
    return None

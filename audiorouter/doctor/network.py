"""What goes over the network: nothing unasked, and where to what is asked."""

from __future__ import annotations

import os
from collections.abc import Iterator

from audiorouter.doctor.checks import Check, Subject, ok, warning
from audiorouter.errors import UsageError
from audiorouter.machine.privacy import TELEMETRY_OFF
from audiorouter.machine.urls import check_variable

_ENDPOINTS = {
    "OPENAI_BASE_URL": "`--provider openai:MODEL` asks",
    "HF_ENDPOINT": "models and routers of the hub come from",
}
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


def network(_subject: Subject) -> Iterator[Check]:
    """Switches of telemetry, servers, proxies; nobody is asked anything."""
    yield ok(
        "used by `models pull`, `routers pull|push`, `plugins install|sync`, hub ids and "
        "`--provider openai:` alone; `batch` with `cascade` and this command use none"
    )
    on = [name for name, off in TELEMETRY_OFF.items() if os.environ.get(name) != off]
    if on:
        yield warning(
            f"libraries may report home: {', '.join(on)} was changed in this process",
            "look for the plugin that changes it",
        )
    else:
        yield ok(f"libraries are told to report nothing home: {', '.join(TELEMETRY_OFF)}")
    for name, what in _ENDPOINTS.items():
        try:
            if (url := check_variable(name)) is not None:
                yield ok(f"{what} {url} (${name})")
        except UsageError as error:
            yield warning(str(error), f"mend ${name}, or unset it")
    # A proxy's URL may hold a password: only its name is shown.
    set_ = [n for n in _PROXIES if os.environ.get(n) or os.environ.get(n.lower())]
    set_ += [name for name in _OFFLINE if os.environ.get(name)]
    if set_:
        yield ok(f"set as well: {', '.join(set_)}")

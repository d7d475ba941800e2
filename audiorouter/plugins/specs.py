"""What a user asks to install: a name, a folder, a wheel or a URL."""

from __future__ import annotations

import re
from collections.abc import Iterable

from audiorouter.machine.urls import check_url

_URL = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*)://\S+")


def check_specs(specs: Iterable[str]) -> None:
    """Make sure that no URL among them keeps a secret: the lock file and messages would, too.

    Raises:
        UsageError: one does; a netrc file, or the keyring of pip and uv, is where it belongs.
    """
    for spec in specs:
        for url in _URL.finditer(spec):
            check_url(url[0], "the plugin", schemes=[url["scheme"]])

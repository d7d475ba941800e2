"""How processes end, in words."""

from __future__ import annotations

import signal


def ending(exitcode: int | None) -> str:
    """What an exit code means.

    >>> ending(-11), ending(3)
    ('SIGSEGV', 'exit code 3')
    """
    if exitcode is not None and exitcode < 0:
        try:
            return signal.Signals(-exitcode).name
        except ValueError:
            return f"signal {-exitcode}"
    return f"exit code {exitcode}"

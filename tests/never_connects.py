"""Run a Python program that is killed, like all that it starts, when it goes on a network.

python tests/never_connects.py -m audiorouter …

Names are looked up by connecting to a server as well, so that no look-up goes by unseen either.
"""

from __future__ import annotations

import os
import sys

from audiorouter.machine.seccomp import KILL, Refusal, refuse

IPV4, IPV6 = 16, 28
"""Bytes of an address. Those of the machine's own sockets are of other lengths, but for paths of
exactly so many letters."""

NO_FILTERS = 77
"""Exit code where this kernel has none, or not for us."""

if __name__ == "__main__":
    rules = [Refusal("connect", 2, (IPV4, IPV6)), Refusal("sendto", 5, (IPV4, IPV6))]
    try:
        refuse(rules, action=KILL)
    except OSError:
        sys.exit(NO_FILTERS)
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])

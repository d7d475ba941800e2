"""`python -m audiorouter`, and the command `audiorouter`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; Ctrl-C ends it without a traceback, also while it is being imported."""
    try:
        from audiorouter.cli.app import main as run
    except KeyboardInterrupt:
        print("audiorouter: interrupted", file=sys.stderr)
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()

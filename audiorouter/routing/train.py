"""`python -m audiorouter.routing.train`: what `python -m audiorouter train` does."""

from __future__ import annotations

import sys

from audiorouter.__main__ import main

if __name__ == "__main__":
    sys.argv[1:1] = ["train"]
    main()

"""`python -m audiorouter`."""

from audiorouter.cli.app import main

if __name__ == "__main__":
    main()

"""URLs that users, environment variables and plugins give: addresses, without secrets in them.

A URL is shown in messages and kept in answers, runs and lock files; a password in it would be too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from urllib.parse import parse_qsl, urlsplit

from audiorouter.errors import UsageError
from audiorouter.machine.called import to_type
from audiorouter.machine.secrets import is_secret_name


def check_url(url: str, what: str, *, schemes: Collection[str] = ("http", "https")) -> str:
    """The URL as it is, where it is one and keeps no secret.

    `what` names it in messages: an option, a variable, a file. A name of a user is a secret too,
    unless it is the one that ssh needs: tokens are given in its place.

    Raises:
        UsageError: it is none, or holds a user, a password, or a parameter such as `api_key`.
    """
    try:
        parts = urlsplit(url)
        host, user, password = parts.hostname, parts.username, parts.password
        _ = parts.port
    except ValueError:  # whose text may quote a part of a password
        raise UsageError(f"{what} {without_secrets(url)}: not a URL") from None
    if parts.scheme not in schemes or not (host or parts.scheme.endswith("file")):
        raise UsageError(
            f"{what} {without_secrets(url)}: not a URL that begins with "
            + " or ".join(f"{scheme}://" for scheme in schemes)
        )
    if password is not None or (user is not None and "ssh" not in parts.scheme):
        raise UsageError(
            f"{what} {without_secrets(url)}: leave the key, user or password out of it: it would "
            f"be shown and kept (keys of model servers: `{to_type('keys', 'set', 'NAME')}`)"
        )
    for name, _ in parse_qsl(f"{parts.query}&{parts.fragment}", keep_blank_values=True):
        if is_secret_name(name):
            raise UsageError(
                f"{what} {without_secrets(url)}: leave {name}= out of it: it would be shown and "
                f"kept (keys of model servers: `{to_type('keys', 'set', 'NAME')}`)"
            )
    return url


def check_variable(name: str) -> str | None:
    """The URL in an environment variable, checked as `check_url` does; None where it is not set.

    Raises:
        UsageError: it is no URL, or keeps a secret.
    """
    value = os.environ.get(name)
    return check_url(value, f"${name}") if value else None


def is_usual_https(url: str) -> bool:
    """Whether nobody but the host itself can answer there: https, at its usual port."""
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.port in (None, 443)


def without_secrets(url: str) -> str:
    """The URL, or what was to be one, as it may be shown: without user, parameters and fragment.

    >>> without_secrets("https://me:secret@host/v1?api_key=secret")
    'https://host/v1'
    """
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    return re.sub(r"^([a-z][a-z0-9+.-]*://)?.*@", r"\1", bare, flags=re.IGNORECASE | re.DOTALL)

"""Secrets by the names that they have, and by their values in what others say."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

SHORTEST = 8
"""Characters; a shorter "key", such as `none` or `x`, is a placeholder, and may be a word."""
_NAMES = frozenset([
    *("key", "apikey", "accesskey", "secretkey", "token", "accesstoken", "authtoken", "secret"),
    *("password", "passwd", "passphrase", "pwd", "auth", "authorization", "bearer", "jwt"),
    *("sig", "signature", "credential", "credentials"),
])  # fmt: skip
"""Last words of the names that secrets have."""
_ANYWHERE = re.compile(
    "|".join(name if name != "sig" else "(?<![a-z])sig(?![a-z])" for name in sorted(_NAMES))
    + "|passw",
    re.IGNORECASE,
)
"""The same names within other words, but for the one that is in "signal" and "design"."""
_SCHEMES = frozenset(["basic", "bearer", "token", "apikey"])
"""What stands before a credential in a header."""
_WORD = re.compile("[A-Z]?[a-z]+|[A-Z]+")
_BLANK = "…"
_DEEPEST = 100
"""Levels of a value of JSON that are looked through."""


def is_secret_name(name: str) -> bool:
    """Whether what is called so is likely a secret.

    >>> [is_secret_name(name) for name in ("apiKey", "X-Amz-Signature", "max_tokens", "monkey")]
    [True, True, False, False]
    """
    words = _WORD.findall(name)
    return bool(words) and words[-1].lower() in _NAMES


def speaks_of_secret(text: str) -> bool:
    """Whether a name of a secret is anywhere in what is written: for what is better hidden once too
    often.

    >>> [speaks_of_secret(text) for text in ('{"jwt": 1}', "MY_TOKENS", "X?sig=1", "a signal")]
    [True, True, True, False]
    """
    return _ANYWHERE.search(text) is not None


def secrets_in(value: Any) -> list[str]:
    """The texts and numbers in a value of JSON that stand under the name of a secret."""
    if isinstance(value, list):
        return [secret for inner in value for secret in secrets_in(inner)]
    if not isinstance(value, Mapping):
        return []
    return [
        secret
        for name, inner in value.items()
        for secret in (_leaves(inner) if is_secret_name(name) else secrets_in(inner))
    ]


def secrets_in_headers(headers: Mapping[str, str]) -> list[str]:
    """The values of headers of the user's own, with what stands behind a word such as `Bearer`.

    A plain word is none, such as a mode, unless the name of its header says so.

    >>> secrets_in_headers({"X-Team": "Basic dXNlcjpw", "X-Mode": "streaming", "X-Key": "sesame"})
    ['Basic dXNlcjpw', 'dXNlcjpw', 'sesame']
    """
    secrets = []
    for name, value in headers.items():
        if is_secret_name(name) or not value.isalpha():
            scheme, _, credential = value.partition(" ")
            secrets += [value]
            if credential.strip() and (is_secret_name(name) or scheme.lower() in _SCHEMES):
                secrets += [credential.strip()]
    return secrets


def hashed(value: Any) -> Any:
    """A value of JSON as it may be kept: of its secrets, the hashes.

    >>> hashed({"seed": 1, "api_key": "sk-0123456789"})
    {'seed': 1, 'api_key': 'sha256:5c85b6dd8ccb'}
    """
    if isinstance(value, list):
        return [hashed(inner) for inner in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: _hash(inner) if is_secret_name(name) else hashed(inner)
        for name, inner in value.items()
    }


def blanked(text: str, secrets: Sequence[str]) -> str:
    """The text without the secrets.

    >>> blanked("Incorrect key: sk-0123456789", ["sk-0123456789"])
    'Incorrect key: …'
    """
    folded = text.casefold()
    for form in _forms(secrets):
        # Hosts and codings are written small before they are quoted.
        if form in text or form.casefold() in folded:
            text = re.sub(re.escape(form), _BLANK, text, flags=re.IGNORECASE)
            folded = text.casefold()
    return text


def blanked_value(value: Any, secrets: Sequence[str], *, depth: int = _DEEPEST) -> Any:
    """A value of JSON without the secrets, in its texts and in its names.

    Of the bytes that it was read from they may be missing: JSON can escape any letter. What lies
    deeper than anybody nests, where nothing is looked through, is blank as a whole.
    """
    if not secrets:
        return value
    if isinstance(value, str):
        return blanked(value, secrets)
    if not isinstance(value, list | Mapping):
        return value
    if depth == 0:
        return _BLANK
    if isinstance(value, list):
        return [blanked_value(inner, secrets, depth=depth - 1) for inner in value]
    return {
        blanked(name, secrets): blanked_value(inner, secrets, depth=depth - 1)
        for name, inner in value.items()
    }


def blanked_bytes(body: bytes, secrets: Sequence[str]) -> bytes:
    """`blanked` of what is not decoded yet."""
    for form in _forms(secrets):
        body = body.replace(form.encode(), _BLANK.encode())
    return body


def _forms(secrets: Sequence[str]) -> list[str]:
    """Each as it is and as JSON of other makes has it, the longest first: one may hold another."""
    long = [secret for secret in secrets if len(secret) >= SHORTEST]
    escaped = [secret.replace("/", r"\/") for secret in long if "/" in secret]
    return sorted([*long, *escaped], key=len, reverse=True)


def _leaves(value: Any) -> list[str]:
    """The texts and numbers in a value of JSON, as texts."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [] if value is None or isinstance(value, bool) else [str(value)]


def _hash(secret: Any) -> str:
    text = secret if isinstance(secret, str) else json.dumps(secret, sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:12]}"

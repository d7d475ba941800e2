"""The page with its scripts, styles and data in it, as one file."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from importlib.resources.abc import Traversable

_LINKED = re.compile(r'<link rel="stylesheet" href="([^"]+)">|<script src="([^"]+)"></script>')
_POLICY = re.compile(r"(script|style)-src ([^;\"]*)")


def one_file(folder: Traversable, data: Sequence[str], *, name: str = "index.html") -> str:
    """The page `name` in a folder, with all that it links, and scripts of data before those.

    Its content security policy names what stands in it by hashes, so that nothing else runs, and
    nothing is loaded from anywhere.
    """
    hashes: dict[str, list[str]] = {"script": [], "style": []}

    def element(kind: str, content: str) -> str:
        content = f"\n{content}\n"
        digest = hashlib.sha256(content.encode()).digest()
        hashes[kind].append(f"'sha256-{base64.b64encode(digest).decode()}'")
        return f"<{kind}>{content}</{kind}>"

    def inlined(match: re.Match[str]) -> str:
        style, code = match.groups()
        content = (folder / (style or code)).read_text("utf-8")
        if style is not None:
            return element("style", content)
        return element("script", content.replace("</script", "<\\/script"))

    def policy(match: re.Match[str]) -> str:
        kind, allowed = match.groups()
        nonces = [source for source in allowed.split() if source.startswith("'nonce-")]
        return f"{kind}-src {' '.join([*hashes[kind], *nonces])}"

    text = _LINKED.sub(inlined, (folder / name).read_text("utf-8"))
    head, first, rest = text.partition("<script>")
    handed = element("script", "".join(data))
    return "".join([_POLICY.sub(policy, head, count=2), handed, first, rest])

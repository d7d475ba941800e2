"""A plugin that misbehaves in every way that its hooks allow, each by a name.

A question that reads `NAME` is what goes wrong there: in the tool called NAME, in the reasoner, the
router or the hook that the test looks at. Any other question is an honest one.
"""

from misbehaving.audio_sources import register_audio_sources
from misbehaving.hooks import answered, judge_answer, prepare_request
from misbehaving.reasoners import register_providers
from misbehaving.routers import register_routers
from misbehaving.tools import register_tools

__all__ = [
    "answered",
    "judge_answer",
    "prepare_request",
    "register_audio_sources",
    "register_providers",
    "register_routers",
    "register_tools",
]

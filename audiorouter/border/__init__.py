"""The border: every place where code that is not ours is called, see docs/design/isolation.md.

Tools, reasoners, routers, hooks and audio sources may do whatever Python and C allow. What they
raise is caught here and becomes one kind of error (`crossing`), what they give is checked by a
model (`values`), and what they take longer than they may is given up (`threads`,
`event_loop`).
"""

from audiorouter.border.faults import crossing, describe, foreign, message

__all__ = ["crossing", "describe", "foreign", "message"]

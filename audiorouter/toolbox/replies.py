"""What a worker says, checked in the host: it may say anything, in whatever state tools left it."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from audiorouter.border.values import Number, Probability, Seconds, Text


class Reply(BaseModel):
    """What a worker says, in whatever state a tool has left it."""

    model_config = ConfigDict(extra="forbid")

    ok: Any = None
    attached: bytes = b""
    complaint: Text | None = None
    lasting: bool = False
    worn: bool = False


class _Seconds(BaseModel):
    spent: Seconds
    own: Seconds
    shared: dict[Text, Seconds]


def _readable(text: str) -> str:
    """What the worker took for JSON must be so here, whatever a tool did to its interpreter."""
    try:
        json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return text


class Found(BaseModel):
    """What a tool found."""

    data: Annotated[str, AfterValidator(_readable)]
    text: Text
    confidence: Probability | None
    seconds: _Seconds


class CheckedFacts(BaseModel):
    """What a decoded clip is, see `audiorouter.clips.ClipFacts`."""

    audio_hash: str
    duration: Seconds
    sample_rate: int = Field(ge=1, le=100_000_000)
    channels: int = Field(ge=1, le=65_536)
    rms_dbfs: Number
    peak_dbfs: Number
    file_hash: str
    remark: Text | None


class CheckedShape(BaseModel):
    """What the samples are that are attached to a reply."""

    channels: int = Field(ge=1, le=65_536)
    sample_rate: int = Field(ge=1, le=100_000_000)

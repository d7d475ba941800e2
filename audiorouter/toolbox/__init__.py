"""The toolbox: external audio analysers, and the isolated processes in which they run."""

from audiorouter.toolbox.interface import (
    Domain,
    Finding,
    NoArguments,
    SpanArguments,
    Tool,
    ToolCall,
)

__all__ = ["Domain", "Finding", "NoArguments", "SpanArguments", "Tool", "ToolCall"]

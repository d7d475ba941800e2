"""The batch flow: question → route → tool calls → findings → answer → store."""

from audiorouter.batch.options import BatchOptions, EngineOptions
from audiorouter.batch.rows import Row
from audiorouter.batch.run import BatchResult, run_batch

__all__ = ["BatchOptions", "BatchResult", "EngineOptions", "Row", "run_batch"]

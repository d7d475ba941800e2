"""The batch flow: question → route → tool calls → findings → answer → store."""

from audiorouter.batch.options import BatchOptions, EngineOptions
from audiorouter.batch.result import BatchResult
from audiorouter.batch.rows import Row
from audiorouter.batch.run import arun_batch, run_batch

__all__ = ["BatchOptions", "BatchResult", "EngineOptions", "Row", "arun_batch", "run_batch"]

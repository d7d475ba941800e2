"""ONNX Runtime sessions as workers use them: on the CPU, one thread, one a worker and model."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from audiorouter.weights import locate


def open_session(path: Path) -> Any:
    """A session over the model at `path` that leaves the other cores to the other workers."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(path), sess_options=options, providers=["CPUExecutionProvider"]
    )


@lru_cache
def session(weights: str, file: str) -> Any:
    """The worker's one session over a file of the weights, loaded when first wanted."""
    return open_session(locate(weights) / file)

"""The router of the paper's own form: a small language model that writes which tools to call."""

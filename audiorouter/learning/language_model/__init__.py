"""Training a language model as router: imitation of the best routes, then GRPO."""

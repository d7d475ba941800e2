"""Learning when to call which tool: the outcome table, the reward, and the training."""

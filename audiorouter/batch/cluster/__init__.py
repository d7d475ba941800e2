"""A batch on many machines, by Ray; see docs/design/many-machines.md.

The driver says which clips lack something, the nodes work on some clips at a time with the same
engine as one machine, and what they found comes back as stores that are merged. The answers are
then read from the one store, as those of any batch that was run before.
"""

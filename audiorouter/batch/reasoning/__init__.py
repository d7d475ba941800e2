"""The reasoner at work: each distinct request once, within what a batch may take."""

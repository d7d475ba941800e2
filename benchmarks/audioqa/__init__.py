"""A benchmark of audio questions, built from recordings and sampled instruments anyone can get."""

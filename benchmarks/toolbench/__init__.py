"""How well every tool hears, on audio whose truth is known."""

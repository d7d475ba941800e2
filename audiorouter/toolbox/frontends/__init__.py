"""Front ends: what several tools hear through, computed once a clip."""

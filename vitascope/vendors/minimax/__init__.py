"""MiniMax (Hailuo)."""

"""Jimeng (Volcano visual)."""

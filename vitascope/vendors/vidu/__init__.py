"""Vidu."""

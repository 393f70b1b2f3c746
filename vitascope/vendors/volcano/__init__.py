"""Volcano Engine's speech service (Doubao), which has an address, keys and prices of its own."""

"""Stand-ins for a model, named by import path, for workers in processes of their own: `--engine engines:slow`."""

from doubles import DiscEngine


def quick():
    return DiscEngine()


def slow():
    return DiscEngine(pause_seconds=0.1)


def made_up(card, source):
    """The engine of a made-up model file (see `made_up.py`)."""
    engine = DiscEngine()
    engine.card = card
    return engine


quick.card = slow.card = DiscEngine.card  # so that a server need not build one to show it

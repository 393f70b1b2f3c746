"""Stand-ins for a model, named by import path, for workers in processes of their own: `--engine engines:slow`."""

from doubles import DiscEngine


def quick():
    return DiscEngine()


def slow():
    return DiscEngine(pause_seconds=0.1)


quick.card = slow.card = DiscEngine.card  # so that a server need not build one to show it

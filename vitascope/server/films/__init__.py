"""Films over HTTP: `film_views` shows one, `making` orders what it lacks, `files` finds what it names, `handing` hands
the cut on to other programs. The routes are in `routes/films.py`.
"""

from vitascope.server.auth import Asking


class Large(Asking):
    """A route that takes a whole film, with the script that it is from."""

    body_bytes = 8 * 2**20

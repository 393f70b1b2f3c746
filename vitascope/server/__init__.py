"""The HTTP face: who asks (`auth`), what came in (`uploads`, `fetching`), one file for each noun (`routes`), one for
each vendor's way of speaking (`dialects`), and how results go out (`delivery`, `events`). It decides nothing about jobs
or money: the store and the pipeline do.
"""

"""Engines make clips. `card` says what a model can do, `protocol` what an engine is, `registry` which models there are,
`render` drives one from a spec to a file.
"""

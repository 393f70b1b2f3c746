"""Open video models on one's own machine, through diffusers. torch and diffusers are imported only when an engine is
built (`engine.open_engine`); the modules that read headers and plan memory need neither.
"""

"""A small 3D world of solid things: scenes, physics, cameras, a ray tracer and captions. Array API only, no torch
import.
"""

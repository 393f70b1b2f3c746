"""Frames to files and back: mp4, pictures, posters, and the recipe inside the file."""

"""The numbers that the built-in model was trained with, and that its world is drawn in."""

FPS = 16  # frames of a second of its world
GROUP = 8  # frames in one latent group; a clip is its first frame and then whole groups
ASPECTS = {"1:1": (256, 256), "16:9": (352, 192), "9:16": (192, 352)}  # (width, height) it has seen

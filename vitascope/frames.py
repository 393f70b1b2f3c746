"""Frames as arrays, for everybody who draws, reads, looks at or writes them."""

import numpy as np
import numpy.typing as npt

Frame = npt.NDArray[np.uint8]  # (H, W, 3)
Frames = npt.NDArray[np.uint8]  # (T, H, W, 3)

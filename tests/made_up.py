"""Three made-up models, as files: one that makes stills alone, one of 24 frames a second with sound and references, and
one with tiers. A drawn disc stands in for all of them.
"""

STILLS = """
name = "plate"
title = "Plate"
engine = "engines:made_up"
modes = ["text", "still"]
limits = "Stills only"
gigabytes = 3

[format]
fps = 24
side = 16
sizes = ["512x512", "512x288", "288x512"]
max_seconds = 0
steps = 4

[licence]
id = "Apache-2.0"
url = "https://example.org/licence"

[price]
second = 0
still = 20
"""

SOUND = """
name = "murmur"
title = "Murmur"
engine = "engines:made_up"
modes = ["text", "image", "last_image", "references"]
limits = "Sound, 5 s at most"
sound = "optional"
references = { image = 4 }
presets = ["fast", "best"]
loras = ["ink"]
needs = "cuda"
gigabytes = 22

[format]
fps = 24
group = 4
side = 32
sizes = ["640x352", "352x640"]
max_seconds = 5
steps = 8
max_steps = 20
guidance = 5

[licence]
id = "Community"
url = "https://example.org/terms"
excluded = ["EU", "GB", "KR"]
revenue_limit = "10 million dollars a year"

[price]
second = 40
still = 10
"""

TIERS = """
name = "ladder"
title = "Ladder"
engine = "engines:made_up"
modes = ["text", "image", "extend", "still", "camera"]
limits = "Two resolutions"
gigabytes = 6

[format]
fps = 16
group = 8
side = 32
lengths = [3, 6]
max_total_seconds = 30

[format.tiers]
low = ["352x192", "192x352"]
high = ["640x384", "384x640"]

[price]
second = 10
still = 5
"""

FILES = {"plate": STILLS, "murmur": SOUND, "ladder": TIERS}


def write(folder, names=tuple(FILES)):
    """Write these model files where a server looks for them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.toml").write_text(FILES[name], "utf-8")
    return folder

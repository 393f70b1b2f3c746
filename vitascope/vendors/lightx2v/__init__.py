"""LightX2V: an inference server of one's own, with tasks in a form of its own."""

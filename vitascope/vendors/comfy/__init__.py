"""ComfyUI's partner nodes."""

"""The built-in model's networks on the CPU runtime."""

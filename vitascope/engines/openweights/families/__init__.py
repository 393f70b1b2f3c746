"""A module for each family of open models; each has its record as `FAMILY`."""

"""The work of the service: who makes the queued clips, in which order, on how many machines."""

"""The prompt reader: English or Chinese words -> facts of the small world."""

"""Runs the vendors' dialects (`vitascope.vendors`): finds the one a request means, and answers in its words."""

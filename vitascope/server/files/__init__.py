"""Files that come in and go out over HTTP."""

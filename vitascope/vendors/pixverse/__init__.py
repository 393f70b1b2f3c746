"""PixVerse."""

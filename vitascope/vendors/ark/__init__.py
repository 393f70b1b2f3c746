"""Volcano Ark and BytePlus (Seedance)."""

"""The built-in model and the small world it was taught: everything that knows balls and cubes."""

"""The way out of the house: which addresses may be called, how a file is fetched and a message posted."""

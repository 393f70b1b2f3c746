"""The command line, one file for each group of commands. `app` is the program."""

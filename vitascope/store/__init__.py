"""Everything that is remembered: one database of jobs, money, accounts and clips, and the files beside it. The
functions here take an open transaction and never commit; who calls them says what belongs together.
"""

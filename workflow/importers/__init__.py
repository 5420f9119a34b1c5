"""Reading other people's lists: a file in, rows with values, problems and an account out.

This half is pure: nothing here knows the database, the clock or the command that will use the rows.
"""

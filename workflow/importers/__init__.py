"""Reading other people's lists: a file in, rows with values, problems and an account out.

That half is pure: it knows neither the database nor the clock. `commands.py` is the other half: it opens the cases.
"""

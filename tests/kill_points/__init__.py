"""
Kills of a whole installation at random points of its work, and a check of every acknowledged byte after each.

`deeds` says what a client does and what is to be there afterwards, `client` does it in a process of its own and keeps a
journal, `later` collects as if weeks had gone by, `harness` kills, restarts and checks.
"""

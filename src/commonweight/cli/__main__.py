"""`python -m commonweight.cli` is the command, wherever the scripts were installed."""

from commonweight.cli import main

main()

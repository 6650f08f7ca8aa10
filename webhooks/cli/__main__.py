"""`python -m webhooks.cli`: the command line where the `dealbooks` script is not installed."""

from webhooks.cli import main

main()

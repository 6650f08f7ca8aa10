"""A QuickBooks Online that runs on this machine: a stranger to the rest, which it imports nothing of."""

"""What a new realm holds: the foundations of every company, and a sample business unless it is to be empty."""

from sandbox.business.opening import open_company

__all__ = ["open_company"]

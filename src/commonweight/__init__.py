"""Commonweight: a self-hosted platform for open AI models."""

__version__ = "0.1.0"

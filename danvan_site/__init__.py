"""A static site generator for Vietnamese bulletin archives."""

__version__ = "0.1.0"

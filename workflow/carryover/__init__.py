"""Carryover: what recurrent networks learn from one data distribution, and what of it carries over to another."""

__version__ = "0.1.0"

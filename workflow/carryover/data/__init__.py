"""Parquet in and out, random streams by block, hashing and overlap: nothing that knows a task."""

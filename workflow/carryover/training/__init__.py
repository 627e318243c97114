"""Training one run: the loop, what it is made of, and how it survives being interrupted."""

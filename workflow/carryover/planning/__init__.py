"""Reading and checking of a config, and the plan that is made from it."""

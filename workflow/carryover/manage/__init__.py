"""Commands for people who work with results: look at them, ask a model, train one run, tidy up."""

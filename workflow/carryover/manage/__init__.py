"""What people do with results by hand: look, ask, train one run, tidy up."""

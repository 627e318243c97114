"""Task `digit_sum`: two whole numbers are added digit by digit."""

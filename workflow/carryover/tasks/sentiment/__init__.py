"""Task `sentiment`: a review is positive or negative."""

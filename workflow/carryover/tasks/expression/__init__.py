"""Task `expression`: an arithmetic expression is evaluated."""

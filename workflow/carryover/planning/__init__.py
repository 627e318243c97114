"""What the user wrote, checked, and the plan that follows from it."""

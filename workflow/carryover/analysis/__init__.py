"""What the results say: statistics over replicates, published numbers beside ours, claims and their verdicts."""

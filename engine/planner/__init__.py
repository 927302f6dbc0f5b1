"""What a job will need: memory, time and disk, and the plans that fit a budget."""

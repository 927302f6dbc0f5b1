"""How long a job takes, part by part, and what it writes."""

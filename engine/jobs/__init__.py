"""Jobs: what they are, the queue, the process of one job, and what it tells the database."""

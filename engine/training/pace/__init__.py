"""The time of a job: what its parts take, what a limit leaves room for, and what is still to come."""

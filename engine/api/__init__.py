"""What programs ask through the API, whatever protocol brings it: which model, how, and what comes back piece by piece."""

"""The memory estimate, item by item, at the peak of each phase."""

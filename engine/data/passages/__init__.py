"""Documents as passages: what a document says, in blocks with their headings and pages, cut to a length that a model can read."""

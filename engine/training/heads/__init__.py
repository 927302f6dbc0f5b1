"""One number out of a state: what a reward model says of an answer, and a value model of each token."""

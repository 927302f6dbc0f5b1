"""How good a model is: sample answers, scores, and comparisons of jobs."""

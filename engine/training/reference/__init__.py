"""What the model said before the first step: made once for rows that are there, or asked beside the model that is trained."""

"""From a loaded model to the last step: trainer, callback, checkpoints, scores, result."""

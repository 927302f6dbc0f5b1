"""What the pages see of exports: jobs, files, proofs, and where a model shall run."""

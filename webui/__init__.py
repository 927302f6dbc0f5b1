"""The pages. Thin: widgets -> service call -> update. Never SQL, torch or transformers here."""

"""Proof that an export answers as the tuned model: what that says is kept, a foreign reader in a fresh process is held against it."""

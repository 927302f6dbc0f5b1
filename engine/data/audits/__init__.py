"""Audits: many checks over one rows file, and what they found, packed."""

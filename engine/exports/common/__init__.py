"""What an exported form is, and what all of them share."""

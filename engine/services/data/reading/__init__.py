"""Files read without a page: what they are, and what an import would make of them."""

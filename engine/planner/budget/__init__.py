"""What a budget names: devices of the catalogue, and goals."""

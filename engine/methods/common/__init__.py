"""What the declarations of methods share: the declaration itself, shapes, footprints, settings and refusals."""

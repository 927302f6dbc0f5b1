"""Tables that are not text: laid out in rows of cells, or taken out of files of other programs."""

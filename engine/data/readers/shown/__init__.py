"""What a spreadsheet shows: values under their number formats, and what is hidden."""

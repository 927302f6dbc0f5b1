"""What several forms write in the same way: files of results, merged models, number formats."""

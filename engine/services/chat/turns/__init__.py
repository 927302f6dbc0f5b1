"""What people do with turns and prompts: branches, the library of system prompts, batches and their rows."""

"""Small torch modules of methods that no library has. Importing this package tells PEFT of those that are adapters."""

"""The command line: one function a command. Texts come from the caller, who knows the language."""

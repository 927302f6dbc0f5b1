"""Giving an export to a hub: the only thing that leaves this machine, and only when somebody asks for it."""

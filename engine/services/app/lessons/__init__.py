"""Lessons that ship besides the first one."""

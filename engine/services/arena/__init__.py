"""Blind comparison: questions are asked, answers voted on without names, and votes become data."""

"""Comparisons: several methods on one data set and base, with their leaderboard."""

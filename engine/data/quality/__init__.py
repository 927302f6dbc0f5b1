"""Checks that find faults in a data set."""

"""The parts that data bring along: which rows train, which validate, which are kept for the test."""

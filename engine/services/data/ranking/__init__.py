"""Preference data made by people: answers are drawn, ranked, compared, and become rows."""

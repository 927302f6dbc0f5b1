"""The doctor looks at the numbers of a running job and says what goes wrong, once each, and what to do: rules are functions."""

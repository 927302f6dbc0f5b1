"""Reads and writes as plain functions of a session: one module for each thing that they are about."""

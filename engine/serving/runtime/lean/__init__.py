"""Tokens on a processor as quickly as its memory lets weights be read: the forward pass of common families, without what slows it."""

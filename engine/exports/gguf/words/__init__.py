"""Tokenizers in the words of llama.cpp, chosen by what llama.cpp makes of texts."""

"""Tuned models as files for other programs: adapters, merged models, GGUF, model cards."""

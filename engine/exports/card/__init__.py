"""The model card of an export: what a hub reads of it, and what people should know of it."""

"""What Tunesmith does, apart from any page: use cases, methods, data, training, inference. Knows nothing of Gradio."""

VERSION = "0.1.0"  # of Tunesmith, as in pyproject.toml

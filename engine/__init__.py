"""What Tunesmith does, apart from any page: use cases, methods, data, training, inference. Knows nothing of Gradio."""

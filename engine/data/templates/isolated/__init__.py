"""Chat templates and tokenizers of models in processes of their own, with limits of time, memory and output."""

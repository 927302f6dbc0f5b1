"""What a model's files may say and hold: nothing that brings code, chooses kernels, or leads elsewhere."""

"""Models as files of llama.cpp: their measures, tensors and tokens in the words of GGUF."""

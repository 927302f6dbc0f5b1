"""What Ollama needs beside a GGUF file: a conversation's form as a Go template, and the settings, in a Modelfile."""

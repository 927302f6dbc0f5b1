"""How answers were made: the exact prompt, what each word was worth, the same once more, and where models differ."""

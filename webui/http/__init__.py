"""The server around the pages: its routes, the guard at the door, and Gradio's sites behind it."""

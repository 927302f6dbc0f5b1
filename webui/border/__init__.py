"""The border between pages and services: what each view may call, told to the scripts as TypeScript types."""

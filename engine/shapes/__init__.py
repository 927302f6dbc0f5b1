"""The JSON that services hand to the pages: declared once, for Python and for the scripts (`webui.border`)."""

"""The Data page: `page` draws it, the other modules hold what its tabs and panels call."""

from webui.pages.data.page import build

__all__ = ["build"]

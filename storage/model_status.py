"""What a base model can be used for, as its row says."""

from __future__ import annotations

KNOWN = "known"  # planned with: all but its weights is here
READY = "ready"  # everything

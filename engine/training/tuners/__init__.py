"""Small torch modules of methods that no library has. Importing this package tells PEFT of those that are adapters."""

from __future__ import annotations

from engine.training.tuners import houlsby

__all__ = ["houlsby"]

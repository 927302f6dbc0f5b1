"""Places that models are fetched from: what they answer to, and how. What they say is believed only within bounds."""

from __future__ import annotations

from collections.abc import Mapping

from engine.models.hubs.declaration import HubKind
from engine.models.hubs.huggingface import HUGGING_FACE
from engine.models.hubs.modelscope import MODELSCOPE

HUB_KINDS: tuple[HubKind, ...] = (HUGGING_FACE, MODELSCOPE)
BY_KEY: Mapping[str, HubKind] = {kind.key: kind for kind in HUB_KINDS}

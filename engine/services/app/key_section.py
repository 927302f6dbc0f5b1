"""Keys of the API as the Settings page begins with them."""

from __future__ import annotations

from engine.api.names import served_models
from engine.core.context import Context
from engine.services.api_keys import list_keys
from engine.serving.request_limits import MOST_PER_MINUTE, USUAL_PER_MINUTE
from engine.shapes.serving.keys import ApiKeysView


def keys_start(ctx: Context) -> ApiKeysView:
    """The keys, and a model to ask for by name: the newest tuned one, else a base that is here."""
    model = next((one.name for one in served_models(ctx)), None)
    return {"keys": list_keys(ctx), "model": model, "usual": USUAL_PER_MINUTE, "most": MOST_PER_MINUTE}

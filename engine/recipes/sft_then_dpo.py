"""Imitation first, then preference on the same adapter (Tunstall et al. 2023, Zephyr, arXiv:2310.16944)."""

from __future__ import annotations

from engine.core.text import Text
from engine.recipes.declaration import RecipeStage, TrainingRecipe

IMITATE = RecipeStage(
    key="sft",
    label=Text("recipes.sft_then_dpo.sft.label"),
    help=Text("recipes.sft_then_dpo.sft.help"),
    objectives=("sft",),
)

SFT_THEN_DPO = TrainingRecipe(
    key="sft_then_dpo",
    label=Text("recipes.sft_then_dpo.label"),
    tagline=Text("recipes.sft_then_dpo.tagline"),
    help=Text("recipes.sft_then_dpo.help"),
    stages=(
        IMITATE,
        RecipeStage(
            key="preference",
            label=Text("recipes.sft_then_dpo.preference.label"),
            help=Text("recipes.sft_then_dpo.preference.help"),
            objectives=("dpo", "kto", "simpo"),
            goes_on="sft",
        ),
    ),
    paper="Tunstall et al. 2023, Zephyr: Direct Distillation of LM Alignment, arXiv:2310.16944",
)

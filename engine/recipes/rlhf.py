"""RLHF whole: imitation, a reward model, learning by trial against it (Ouyang et al. 2022, arXiv:2203.02155)."""

from __future__ import annotations

from engine.core.text import Text
from engine.recipes.declaration import RecipeStage, TrainingRecipe
from engine.recipes.sft_then_dpo import IMITATE

RLHF = TrainingRecipe(
    key="rlhf",
    label=Text("recipes.rlhf.label"),
    tagline=Text("recipes.rlhf.tagline"),
    help=Text("recipes.rlhf.help"),
    stages=(
        IMITATE,
        RecipeStage(
            key="reward",
            label=Text("recipes.rlhf.reward.label"),
            help=Text("recipes.rlhf.reward.help"),
            objectives=("reward_model",),
            goes_on="sft",
        ),
        RecipeStage(
            key="trial",
            label=Text("recipes.rlhf.trial.label"),
            help=Text("recipes.rlhf.trial.help"),
            objectives=("ppo", "grpo"),
            goes_on="sft",
            rewarded_by="reward",
        ),
    ),
    paper="Ouyang et al. 2022, Training language models to follow instructions with human feedback, arXiv:2203.02155",
)

"""Where the formulas of the memory estimate are from; formats of the base, optimizers and devices name their own sources."""

from __future__ import annotations

WEIGHTS = "Bytes of a number: fp32 4, bf16 and fp16 2 (https://pytorch.org/docs/stable/tensor_attributes.html)"
GRADIENTS = "Rajbhandari et al. 2020, ZeRO, section 3.1: gradient 4 bytes a trained number in fp32 (https://arxiv.org/abs/1910.02054)"
ACTIVATIONS = (
    "Korthikanti et al. 2022, Reducing Activation Recomputation, section 4, counted for each family's own layers "
    "(https://arxiv.org/abs/2205.05198)"
)
LOGITS = "Wijmans et al. 2024, Cut Your Losses: scores only where a token is learnt, a chunk at a time (https://arxiv.org/abs/2411.09009)"
TEMPORARY = "Order of torch's backward pass (https://pytorch.org/docs/stable/notes/autograd.html); the allocator's share is measured, see docs/planner.md"
REFERENCE = "Ziegler et al. 2019, Fine-Tuning Language Models from Human Preferences (https://arxiv.org/abs/1909.08593)"
VALUE_HEAD = "Schulman et al. 2017, Proximal Policy Optimization (https://arxiv.org/abs/1707.06347)"
MARGIN = "Declared, see docs/planner.md"
MEASURED = "Measured on this machine in a speed probe or in jobs that finished, see docs/planner.md"

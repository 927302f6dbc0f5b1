"""What the tokens of an answer were worth to the model, noted while it grows. Costs a twentieth of a millisecond or two a token."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from engine.serving.words import TokenWorth

_NOTHING = -100.0  # below the best token, in nats: as good as impossible, and finite


@dataclass
class TokenWorths:
    """Of one answer, token by token. What is noted stays where it was computed until it is told: no GPU is waited for."""

    _tokens: list[int] = field(default_factory=list)
    _likeliest: list[torch.Tensor] = field(default_factory=list)  # numbers of tokens
    _shares: list[torch.Tensor] = field(default_factory=list)  # of those, of the token itself, and the entropy

    def note(self, logits: torch.Tensor, token: int, others: int) -> None:
        """Note the token that was chosen by `logits`, beside the `others` likeliest ones; at temperature 1, whatever it was drawn at."""
        scores = logits.float()
        best, numbers = scores.topk(min(others + 1, len(scores)))
        below = (scores - best[0]).clamp_min_(_NOTHING)
        shares = below.exp()
        whole = shares.sum()
        base = whole.log()
        entropy = base - torch.dot(shares, below) / whole
        self._tokens.append(token)
        self._likeliest.append(numbers)
        self._shares.append(torch.cat([best - best[0] - base, torch.stack([below[token] - base, entropy])]))

    def told(self, begin: int = 0, end: int | None = None) -> list[TokenWorth]:
        """Everything that was noted, or of the tokens from `begin` on, before `end`."""
        tokens = self._tokens[begin:end]
        if not tokens:
            return []
        numbers = torch.stack(self._likeliest[begin:end]).tolist()
        shares = torch.stack(self._shares[begin:end]).cpu()
        likely = shares[:, :-2].exp().tolist()
        own, entropy = shares[:, -2].tolist(), shares[:, -1].tolist()
        return [
            TokenWorth(token, own[place], _others(token, numbers[place], likely[place]), max(0.0, entropy[place]))
            for place, token in enumerate(tokens)
        ]


def _others(token: int, numbers: list[int], likely: list[float]) -> tuple[tuple[int, float], ...]:
    found = [(number, share) for number, share in zip(numbers, likely, strict=True) if number != token]
    return tuple(found[: len(numbers) - 1])

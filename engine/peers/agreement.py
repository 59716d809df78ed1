"""Agreement of an engine with PyTorch: logits and greedy tokens."""

from dataclasses import dataclass

import numpy as np

TOLERANCE = 1e-4  # of the largest |logit|, for f32 weights; with int8 weights the difference is shown, not judged


@dataclass(frozen=True)
class Agreement:
    logits_error: float  # max |difference| / max |logit| after the prompt
    equal_tokens: int  # greedy tokens before the first difference
    tokens: int  # greedy tokens compared
    agrees: bool


def judge(
    weights: str,
    logits: list[float],
    tokens: list[int],
    expected_logits: list[float],
    expected_tokens: list[int],
    expected_logits_after,
) -> Agreement:
    """Compares logits and greedy tokens. The tokens must be equal, unless PyTorch's logits of the two candidates differ
    by less than the tolerance. `expected_logits_after(count)` returns PyTorch's logits after the prompt and its first
    `count` greedy tokens."""
    got, expected = np.array(logits), np.array(expected_logits)
    if got.shape != expected.shape or len(tokens) != len(expected_tokens):
        return Agreement(float("inf"), 0, len(expected_tokens), False)
    scale = np.abs(expected).max()
    error = float(np.abs(got - expected).max() / scale)
    equal = next((i for i, pair in enumerate(zip(tokens, expected_tokens)) if pair[0] != pair[1]), len(tokens))
    tie = False
    if equal < len(tokens) and weights == "f32":
        there = np.array(expected_logits_after(equal))
        tie = there[expected_tokens[equal]] - there[tokens[equal]] <= TOLERANCE * np.abs(there).max()
    agrees = weights != "f32" or (error <= TOLERANCE and (equal == len(tokens) or bool(tie)))
    return Agreement(error, equal, len(tokens), agrees)

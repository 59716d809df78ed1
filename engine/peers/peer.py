"""What a peer is: something that prefills a prompt, decodes token by token, and shows its logits.

`serve` turns one into a process that answers requests, one JSON object a line, so that engines can be alternated:

    {"prompt": [ids], "new": 51, "reps": 10}  ->  {"repetitions": [{"prefill_seconds", "decode_seconds", "tokens"}, ...]}
    {"logits": [ids]}                         ->  {"logits": [floats]}            (of the last position)

`new` counts greedy tokens. The first one comes from the prefill, each of the others from a forward pass of one token; the
passes are what `decode_seconds` covers. The engine's example `generate` speaks the first line, too.
"""

import json
import sys
from time import perf_counter

import numpy as np


class Peer:
    """Base of engines that can be driven one step at a time; the others override `generate`."""

    def prefill(self, prompt: list[int]) -> np.ndarray:
        """Starts a new sequence; logits [V] of the prompt's last position."""
        raise NotImplementedError

    def decode(self, token: int) -> np.ndarray:
        """Appends one token; logits [V] after it."""
        raise NotImplementedError

    def logits(self, tokens: list[int]) -> np.ndarray:
        """Logits [V] after `tokens`."""
        return np.array(self.prefill(tokens))

    def generate(self, prompt: list[int], new: int) -> tuple[float, float, list[int]]:
        """Greedy decoding: seconds until the first token is known, seconds for the `new` - 1 others, all tokens."""
        start = perf_counter()
        tokens = [int(self.prefill(prompt).argmax())]
        first = perf_counter()
        for _ in range(new - 1):
            tokens.append(int(self.decode(tokens[-1]).argmax()))
        return first - start, perf_counter() - first, tokens


def serve(peer: Peer) -> None:
    """Says that it is ready, then answers requests until stdin ends."""
    reply({"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        if "logits" in request:
            reply({"logits": [float(value) for value in peer.logits(request["logits"])]})
            continue
        runs = [peer.generate(request["prompt"], request["new"]) for _ in range(request["reps"])]
        names = ("prefill_seconds", "decode_seconds", "tokens")
        reply({"repetitions": [dict(zip(names, run)) for run in runs]})


def reply(answer: dict) -> None:
    print(json.dumps(answer), flush=True)

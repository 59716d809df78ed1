"""Peer: an engine that prefills a prompt, decodes token by token and returns logits.

`serve` runs a peer as a process that answers requests, one JSON object per line, so that engines can be alternated:

    {"prompt": [ids], "new": 51, "reps": 10}  ->  {"repetitions": [{"prefill_seconds", "decode_seconds", "tokens"}, ...]}
    {"logits": [ids]}                         ->  {"logits": [floats]}            (of the last position)

`new` counts greedy tokens. The first one comes from the prefill, each of the others from a forward pass of one token;
`decode_seconds` is the time of these passes. The engine's example `generate` also answers the first request.
"""

import json
import sys
from time import perf_counter

import numpy as np


class Peer:
    """Base class. Engines that cannot run step by step override `generate`."""

    def prefill(self, prompt: list[int]) -> np.ndarray:
        """Starts a new sequence and returns the logits [V] of the last position of the prompt."""
        raise NotImplementedError

    def decode(self, token: int) -> np.ndarray:
        """Appends one token and returns the logits [V] after it."""
        raise NotImplementedError

    def logits(self, tokens: list[int]) -> np.ndarray:
        """Logits [V] after `tokens`."""
        return np.array(self.prefill(tokens))

    def generate(self, prompt: list[int], new: int) -> tuple[float, float, list[int]]:
        """Greedy decoding. Returns the seconds until the first token, the seconds of the `new` - 1 others, and all
        tokens."""
        start = perf_counter()
        tokens = [int(self.prefill(prompt).argmax())]
        first = perf_counter()
        for _ in range(new - 1):
            tokens.append(int(self.decode(tokens[-1]).argmax()))
        return first - start, perf_counter() - first, tokens


def serve(peer: Peer) -> None:
    """Prints that the peer is ready, then answers requests until stdin ends."""
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

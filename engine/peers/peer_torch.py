"""PyTorch with Hugging Face transformers: the reference for the logits of the other engines.

    python peer_torch.py FOLDER THREADS
"""

import sys

import numpy as np
import torch
from transformers import GPT2LMHeadModel, logging

from peer import Peer, serve


class Torch(Peer):
    """Eager PyTorch, f32, fused attention (sdpa), transformers' own KV-cache; logits of the last position only."""

    def __init__(self, folder: str, threads: int):
        torch.set_num_threads(threads)
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        self.model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa").eval()
        self.cache = None

    @torch.inference_mode()
    def forward(self, tokens: list[int]) -> np.ndarray:
        output = self.model(torch.tensor([tokens]), past_key_values=self.cache, use_cache=True, logits_to_keep=1)
        self.cache = output.past_key_values
        return output.logits[0, -1].numpy()

    def prefill(self, prompt: list[int]) -> np.ndarray:
        self.cache = None
        return self.forward(prompt)

    def decode(self, token: int) -> np.ndarray:
        return self.forward([token])


if __name__ == "__main__":
    serve(Torch(sys.argv[1], int(sys.argv[2])))

"""CTranslate2, in f32 or int8.

    python peer_ctranslate2.py FOLDER THREADS float32|int8

FOLDER must be converted by ctranslate2_format.py before; a conversion here would load torch into this process.
CT2_USE_MKL in the environment chooses between CTranslate2's two matrix libraries, MKL and oneDNN. """

import sys
from time import perf_counter

import ctranslate2
import numpy as np

from peer import Peer, serve


class CTranslate2(Peer):
    """The decoding loop runs inside the library and computes logits of the last position only. One call cannot be
    divided without slowing it down, so the decode time is the time of a whole generation minus that of a prefill right
    before it."""

    def __init__(self, folder: str, threads: int, compute_type: str):
        self.generator = ctranslate2.Generator(
            f"{folder}/ctranslate2",
            device="cpu",
            compute_type=compute_type,
            inter_threads=1,
            intra_threads=threads,
        )

    def logits(self, tokens: list[int]) -> np.ndarray:
        return np.array(self.generator.forward_batch([tokens]))[0, -1]

    def run(self, prompt: list[str], length: int) -> tuple[float, list[int]]:
        start = perf_counter()
        result = self.generator.generate_batch(
            [prompt], max_length=length, end_token=[], include_prompt_in_result=False, sampling_topk=1, beam_size=1
        )
        return perf_counter() - start, result[0].sequences_ids[0]

    def generate(self, prompt: list[int], new: int) -> tuple[float, float, list[int]]:
        names = [str(token) for token in prompt]
        prefill, tokens = self.run(names, 1)
        if new == 1:
            return prefill, 0.0, tokens
        total, tokens = self.run(names, new)
        if len(tokens) != new:
            raise RuntimeError(f"CTranslate2 stopped after {len(tokens)} of {new} tokens.")
        return prefill, total - prefill, tokens


if __name__ == "__main__":
    serve(CTranslate2(sys.argv[1], int(sys.argv[2]), sys.argv[3]))

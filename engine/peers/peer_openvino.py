"""OpenVINO on the model of openvino_graph.py.

    python peer_openvino.py FOLDER THREADS f32|int8 GROUP

FOLDER must be converted by openvino_graph.py before. GROUP is the number of activations that share a scale if products
with int8 weights quantize their activations; 0 leaves activations in f32.
"""

import sys

import numpy as np
import openvino as ov

from peer import Peer, serve


class OpenVino(Peer):
    """Arithmetic and KV-cache in f32, one stream, the KV-cache inside the model; logits of the last position only."""

    def __init__(self, folder: str, threads: int, file: str, group: str):
        properties = {
            "INFERENCE_NUM_THREADS": str(threads),
            "NUM_STREAMS": "1",
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
            "KV_CACHE_PRECISION": "f32",
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": group,
        }
        compiled = ov.Core().compile_model(f"{folder}/openvino/{file}.xml", "CPU", properties)
        self.request = compiled.create_infer_request()
        self.beam = np.zeros(1, np.int32)
        self.length = 0

    def forward(self, tokens: list[int]) -> np.ndarray:
        end = self.length + len(tokens)
        inputs = {
            "tokens": np.array([tokens]),
            "positions": np.arange(self.length, end)[None],
            "beam_idx": self.beam,
        }
        self.length = end
        return self.request.infer(inputs, share_inputs=True, share_outputs=True)[0][0, 0]

    def prefill(self, prompt: list[int]) -> np.ndarray:
        self.request.reset_state()
        self.length = 0
        return self.forward(prompt)

    def decode(self, token: int) -> np.ndarray:
        return self.forward([token])


if __name__ == "__main__":
    serve(OpenVino(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]))

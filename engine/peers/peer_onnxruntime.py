"""ONNX Runtime on the fused graph of onnx_graph.py.

    python peer_onnxruntime.py FOLDER THREADS model|dynamic|blocks

FOLDER must be converted by onnx_graph.py before, and by onnx_int8.py for the int8 models `dynamic` and `blocks`.
"""

import sys

import numpy as np
import onnxruntime as ort

from peer import Peer, serve


class OnnxRuntime(Peer):
    """Weights prepacked by the session. Inputs, outputs and the KV-cache are bound to fixed memory, so a decode
    step copies only its token. Logits of the last position only."""

    def __init__(self, folder: str, threads: int, file: str):
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = ort.InferenceSession(f"{folder}/onnx/{file}.onnx", options, providers=["CPUExecutionProvider"])
        caches = [value for value in self.session.get_inputs() if value.name.startswith("past_")]
        self.context = caches[0].shape[2]
        self.caches = {value.name: zeros(value.shape, np.float32) for value in caches}
        self.output = zeros(self.session.get_outputs()[0].shape, np.float32)
        self.one_token = self.bind(1)
        self.length = 0

    def bind(self, count: int) -> tuple[ort.IOBinding, dict]:
        """A binding for steps of `count` tokens, and its inputs."""
        binding = self.session.io_binding()
        inputs = {
            "tokens": zeros([1, count], np.int64),
            "positions": zeros([1, count], np.int64),
            "last_index": zeros([1], np.int32),
            "length": zeros([], np.int32),
        }
        for name, value in {**inputs, **self.caches}.items():
            binding.bind_ortvalue_input(name, value)
        for name, value in self.caches.items():
            binding.bind_ortvalue_output(name.removeprefix("past_"), value)
        binding.bind_ortvalue_output("logits", self.output)
        return binding, inputs

    def forward(self, tokens: list[int], step: tuple[ort.IOBinding, dict]) -> np.ndarray:
        binding, inputs = step
        end = self.length + len(tokens)
        if end > self.context:
            raise ValueError(f"{end} tokens do not fit the context of {self.context}.")
        inputs["tokens"].update_inplace(np.array([tokens], np.int64))
        inputs["positions"].update_inplace(np.arange(self.length, end, dtype=np.int64)[None])
        inputs["last_index"].update_inplace(np.array([end - 1], np.int32))
        inputs["length"].update_inplace(np.array(end, np.int32))
        self.session.run_with_iobinding(binding)
        self.length = end
        return self.output.numpy()[0, 0]

    def prefill(self, prompt: list[int]) -> np.ndarray:
        self.length = 0
        return self.forward(prompt, self.bind(len(prompt)))

    def decode(self, token: int) -> np.ndarray:
        return self.forward([token], self.one_token)


def zeros(shape: list[int], dtype) -> ort.OrtValue:
    return ort.OrtValue.ortvalue_from_numpy(np.zeros(shape, dtype))


if __name__ == "__main__":
    serve(OnnxRuntime(sys.argv[1], int(sys.argv[2]), sys.argv[3]))

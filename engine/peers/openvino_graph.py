"""GPT-2 as an OpenVINO model with a KV-cache inside, in f32 and with int8 weights.

The cache consists of variables of the model, in the form that OpenVINO's CPU plugin fuses with the attention. The ONNX
graph of this folder can be read, too, but its attention is taken apart into many operators, which is slower. """

import sys
from contextlib import redirect_stdout
from pathlib import Path

import nncf
import numpy as np
import openvino as ov
from openvino import opset15 as op
from openvino.op.util import Variable, VariableInfo

import checkpoint

TO_HEADS = [0, 2, 1, 3]  # [1, T, H, D] to [1, H, T, D] and back


def build(folder: Path) -> None:
    """Writes `f32.xml` and `int8.xml` (weights beside them) into a subfolder of the checkpoint, once.

    Inputs: `tokens` and `positions` [1, T]; `beam_idx` [1], zero for batch 1. Output: logits [1, 1, V]."""
    target = folder / "openvino"
    if (target / "int8.xml").is_file():
        return
    config, tensors = checkpoint.read(folder)
    ov.save_model(Gpt2(config, tensors).model(), target / "f32.xml", compress_to_fp16=False)
    with redirect_stdout(sys.stderr):  # nncf prints a table and a progress bar
        compressed = nncf.compress_weights(Gpt2(config, tensors).model(), mode=nncf.CompressWeightsMode.INT8_SYM)
    ov.save_model(compressed, target / "int8.xml", compress_to_fp16=False)


class Gpt2:
    """Builds the model; each method returns the node of its result."""

    def __init__(self, config: dict, tensors: dict[str, np.ndarray]):
        self.config, self.tensors, self.updates = config, tensors, []

    def model(self) -> ov.Model:
        tokens, positions = parameter("tokens", [1, -1]), parameter("positions", [1, -1])
        beam = parameter("beam_idx", [-1], ov.Type.i32)
        first_axis = op.constant(np.int64(0))
        hidden = op.add(
            op.gather(self.weight("wte.weight"), tokens, first_axis), op.gather(self.weight("wpe.weight"), positions, first_axis)
        )
        for layer in range(self.config["n_layer"]):
            block = f"h.{layer}."
            hidden = op.add(hidden, self.attention(self.layer_norm(hidden, f"{block}ln_1"), beam, layer))
            inner = self.linear(self.layer_norm(hidden, f"{block}ln_2"), f"{block}mlp.c_fc")
            hidden = op.add(hidden, self.linear(op.gelu(inner, "tanh"), f"{block}mlp.c_proj"))
        last = op.gather(self.layer_norm(hidden, "ln_f"), integers(-1), op.constant(np.int64(1)))
        logits = op.matmul(last, self.weight("wte.weight"), False, True)
        return ov.Model([op.result(logits)], self.updates, [tokens, positions, beam], "gpt2")

    def weight(self, name: str):
        return op.constant(self.tensors[name])

    def linear(self, x, name: str):
        transposed = op.constant(np.ascontiguousarray(self.tensors[f"{name}.weight"].T))  # Conv1D is [in, out]
        return op.add(op.matmul(x, transposed, False, True), self.weight(f"{name}.bias"))

    def layer_norm(self, x, name: str):
        normed = op.mvn(x, integers(-1), True, self.config["layer_norm_epsilon"], "INSIDE_SQRT")
        return op.add(op.multiply(normed, self.weight(f"{name}.weight")), self.weight(f"{name}.bias"))

    def attention(self, x, beam, layer: int):
        heads, embed = self.config["n_head"], self.config["n_embd"]
        parts = op.split(self.linear(x, f"h.{layer}.attn.c_attn"), op.constant(np.int64(2)), 3)
        query, key, value = (
            op.transpose(op.reshape(part, integers(0, 0, heads, embed // heads), True), integers(*TO_HEADS))
            for part in parts.outputs()
        )
        key, value = self.append(key, f"key.{layer}", beam), self.append(value, f"value.{layer}", beam)
        attended = op.scaled_dot_product_attention(query, key, value, causal=True)
        joined = op.reshape(op.transpose(attended, integers(*TO_HEADS)), integers(0, 0, embed), True)
        return self.linear(joined, f"h.{layer}.attn.c_proj")

    def append(self, new, name: str, beam):
        """The cached tensor with `new` appended, which also becomes the cached tensor of the next step. The plugin
        recognizes the cache only with the choice of a beam between."""
        heads, size = self.config["n_head"], self.config["n_embd"] // self.config["n_head"]
        info = VariableInfo()
        info.data_shape, info.data_type, info.variable_id = ov.PartialShape([1, heads, -1, size]), ov.Type.f32, name
        variable = Variable(info)
        past = op.read_value(op.constant(np.zeros([1, heads, 0, size], np.float32)), variable)
        whole = op.concat([op.gather(past, beam, op.constant(np.int64(0))), new], 2)
        self.updates.append(op.assign(whole, variable))
        return whole


def parameter(name: str, shape: list[int], kind: ov.Type = ov.Type.i64):
    node = op.parameter(shape, kind, name=name)
    node.output(0).set_names({name})
    return node


def integers(*values: int):
    return op.constant(np.array(values, np.int64))

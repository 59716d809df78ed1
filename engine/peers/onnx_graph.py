"""GPT-2 with a KV-cache as an ONNX graph of ONNX Runtime's own fused operators.

A traced export has none of these operators. This graph has the form of ONNX Runtime's generator models:
GroupQueryAttention over a cache that is updated in place, SkipLayerNormalization, FastGelu, logits of the last position
only. """

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save_model

import checkpoint

OPSET, FUSED = 21, "com.microsoft"
F32, I32, I64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64


class Graph:
    """Collects nodes and weights; each method returns the name of its result."""

    def __init__(self):
        self.nodes, self.weights = [], []

    def weight(self, name: str, value: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operator: str, inputs: list[str], name: str, more_outputs: tuple[str, ...] = (), **attributes) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [name, *more_outputs], name=name, **attributes))
        return name

    def linear(self, x: str, tensors: dict, name: str) -> str:
        product = self.node("MatMul", [x, self.weight(f"{name}.weight", tensors[f"{name}.weight"])], f"{name}.product")
        return self.node("Add", [product, self.weight(f"{name}.bias", tensors[f"{name}.bias"])], name)

    def add_and_norm(self, x: str, branch: str, tensors: dict, name: str, epsilon: float) -> tuple[str, str]:
        """The residual sum [1, T, E] and its LayerNorm, in one operator."""
        gain = self.weight(f"{name}.weight", tensors[f"{name}.weight"])
        bias = self.weight(f"{name}.bias", tensors[f"{name}.bias"])
        residual = f"{name}.sum"
        normed = self.node(
            "SkipLayerNormalization", [x, branch, gain, bias], name, ("", "", residual), domain=FUSED, epsilon=epsilon
        )
        return residual, normed


def build(folder: Path) -> None:
    """Writes `model.onnx` (weights beside it) into a subfolder of the checkpoint, once.

    Inputs: `tokens` and `positions` [1, T]; `last_index` (cache length - 1, [1]) and `length` (a scalar) as the
    attention operator requires; `past_key.N`, `past_value.N` [1, H, context, D]. Outputs: `logits` [1, 1, V]; `key.N`,
    `value.N`, to be bound to the same memory as the past."""
    path = folder / "onnx" / "model.onnx"
    if path.is_file():
        return
    config, tensors = checkpoint.read(folder)
    heads, size = config["n_head"], config["n_embd"] // config["n_head"]
    epsilon = config["layer_norm_epsilon"]
    graph = Graph()
    hidden = graph.node("Gather", [graph.weight("wte.weight", tensors["wte.weight"]), "tokens"], "embedded")
    branch = graph.node("Gather", [graph.weight("wpe.weight", tensors["wpe.weight"]), "positions"], "placed")
    cache = [1, heads, config["n_positions"], size]
    inputs = [
        helper.make_tensor_value_info("tokens", I64, [1, "T"]),
        helper.make_tensor_value_info("positions", I64, [1, "T"]),
        helper.make_tensor_value_info("last_index", I32, [1]),
        helper.make_tensor_value_info("length", I32, []),
    ]
    outputs = [helper.make_tensor_value_info("logits", F32, [1, 1, config["vocab_size"]])]
    for layer in range(config["n_layer"]):
        block = f"h.{layer}."
        hidden, normed = graph.add_and_norm(hidden, branch, tensors, f"{block}ln_1", epsilon)
        qkv = graph.linear(normed, tensors, f"{block}attn.c_attn")
        past, present = [f"past_key.{layer}", f"past_value.{layer}"], (f"key.{layer}", f"value.{layer}")
        attended = graph.node(
            "GroupQueryAttention",
            [qkv, "", "", *past, "last_index", "length"],
            f"{block}attn",
            present,
            domain=FUSED,
            num_heads=heads,
            kv_num_heads=heads,
        )
        inputs += [helper.make_tensor_value_info(name, F32, cache) for name in past]
        outputs += [helper.make_tensor_value_info(name, F32, cache) for name in present]
        branch = graph.linear(attended, tensors, f"{block}attn.c_proj")
        hidden, normed = graph.add_and_norm(hidden, branch, tensors, f"{block}ln_2", epsilon)
        product = graph.node(
            "MatMul",
            [normed, graph.weight(f"{block}mlp.c_fc.weight", tensors[f"{block}mlp.c_fc.weight"])],
            f"{block}mlp.c_fc",
        )
        bias = graph.weight(f"{block}mlp.c_fc.bias", tensors[f"{block}mlp.c_fc.bias"])
        activated = graph.node("FastGelu", [product, bias], f"{block}mlp.gelu", domain=FUSED)
        branch = graph.linear(activated, tensors, f"{block}mlp.c_proj")
    _, normed = graph.add_and_norm(hidden, branch, tensors, "ln_f", epsilon)
    last = graph.node("Gather", [normed, graph.weight("last", np.array([-1]))], "last_hidden", axis=1)
    head = graph.weight("lm_head", tensors["wte.weight"].T)
    graph.node("MatMul", [last, head], "logits")
    model = helper.make_model(
        helper.make_graph(graph.nodes, "gpt2", inputs, outputs, graph.weights),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)],
        ir_version=10,
    )
    path.parent.mkdir(exist_ok=True)
    save_model(model, path, save_as_external_data=True, location="weights.bin")

"""GPT-2 with a KV-cache as an ONNX graph of standard operators, for engines that lack ONNX Runtime's fused ones."""

from pathlib import Path

import numpy as np
from onnx import helper, save_model

import checkpoint
from onnx_graph import F32, I64, Graph

OPSET = 23  # the first one with Attention


def build(folder: Path) -> None:
    """Writes `model.onnx` (weights beside it) into a subfolder of the checkpoint, once.

    Inputs: `tokens` and `positions` [1, T]; `past_key.N`, `past_value.N` [1, H, P, D]. Outputs: `logits` [1, 1, V];
    `key.N`, `value.N` [1, H, P + T, D]."""
    path = folder / "onnx_standard" / "model.onnx"
    if path.is_file():
        return
    config, tensors = checkpoint.read(folder)
    graph = Graph()
    embedded = graph.node("Gather", [graph.weight("wte.weight", tensors["wte.weight"]), "tokens"], "embedded")
    placed = graph.node("Gather", [graph.weight("wpe.weight", tensors["wpe.weight"]), "positions"], "placed")
    hidden = graph.node("Add", [embedded, placed], "hidden")
    for layer in range(config["n_layer"]):
        hidden = block(graph, config, tensors, hidden, layer)
    normed = layer_norm(graph, config, tensors, hidden, "ln_f")
    last = graph.node("Gather", [normed, graph.weight("last", np.array([-1]))], "last_hidden", axis=1)
    graph.node("MatMul", [last, graph.weight("lm_head", tensors["wte.weight"].T)], "logits")
    model = helper.make_model(
        helper.make_graph(graph.nodes, "gpt2", *interface(config), graph.weights),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=10,
    )
    path.parent.mkdir(exist_ok=True)
    # rten refuses other endings of a file with weights.
    save_model(model, path, save_as_external_data=True, location="model.onnx.data")


def interface(config: dict) -> tuple[list, list]:
    """The inputs and outputs of the graph."""
    heads, size = config["n_head"], config["n_embd"] // config["n_head"]
    inputs = [helper.make_tensor_value_info(name, I64, [1, "T"]) for name in ("tokens", "positions")]
    outputs = [helper.make_tensor_value_info("logits", F32, [1, 1, config["vocab_size"]])]
    for layer in range(config["n_layer"]):
        for name in (f"key.{layer}", f"value.{layer}"):
            inputs.append(helper.make_tensor_value_info(f"past_{name}", F32, [1, heads, "P", size]))
            outputs.append(helper.make_tensor_value_info(name, F32, [1, heads, "P + T", size]))
    return inputs, outputs


def layer_norm(graph: Graph, config: dict, tensors: dict, x: str, name: str) -> str:
    gain, bias = (graph.weight(f"{name}.{part}", tensors[f"{name}.{part}"]) for part in ("weight", "bias"))
    return graph.node("LayerNormalization", [x, gain, bias], name, epsilon=config["layer_norm_epsilon"])


def block(graph: Graph, config: dict, tensors: dict, hidden: str, layer: int) -> str:
    heads, prefix = config["n_head"], f"h.{layer}."
    qkv = graph.linear(layer_norm(graph, config, tensors, hidden, f"{prefix}ln_1"), tensors, f"{prefix}attn.c_attn")
    query, *new = (f"{prefix}{part}" for part in ("query", "key", "value"))
    graph.node("Split", [qkv], query, tuple(new), axis=2, num_outputs=3)
    attended = graph.node(
        "Attention",
        [query, *new, "", f"past_key.{layer}", f"past_value.{layer}"],
        f"{prefix}attn",
        (f"key.{layer}", f"value.{layer}"),
        is_causal=1,
        q_num_heads=heads,
        kv_num_heads=heads,
    )
    projected = graph.linear(attended, tensors, f"{prefix}attn.c_proj")
    hidden = graph.node("Add", [hidden, projected], f"{prefix}attn.sum")
    inner = graph.linear(layer_norm(graph, config, tensors, hidden, f"{prefix}ln_2"), tensors, f"{prefix}mlp.c_fc")
    activated = graph.node("Gelu", [inner], f"{prefix}mlp.gelu", approximate="tanh")
    return graph.node("Add", [hidden, graph.linear(activated, tensors, f"{prefix}mlp.c_proj")], f"{prefix}mlp.sum")

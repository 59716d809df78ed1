"""Writes a checkpoint in CTranslate2's own format."""

from pathlib import Path

import numpy as np
from ctranslate2.specs.common_spec import Activation
from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec

import checkpoint


def convert(folder: Path) -> None:
    """Writes the format into a subfolder of the checkpoint, once. CTranslate2's converter requires a tokenizer, which a
    random model does not have; so this function fills the same specification."""
    target = folder / "ctranslate2"
    if (target / "model.bin").is_file():
        return
    config, tensors = checkpoint.read(folder)
    spec = TransformerDecoderModelSpec.from_config(
        config["n_layer"], config["n_head"], pre_norm=True, activation=Activation.GELUTanh
    )

    def layer_norm(part, name: str) -> None:
        part.gamma, part.beta = tensors[f"{name}.weight"], tensors[f"{name}.bias"]

    def linear(part, name: str) -> None:
        part.weight = np.ascontiguousarray(tensors[f"{name}.weight"].T)  # Conv1D is [in, out]
        part.bias = tensors[f"{name}.bias"]

    decoder = spec.decoder
    decoder.scale_embeddings = False
    decoder.embeddings.weight = tensors["wte.weight"]
    decoder.projection.weight = tensors["wte.weight"]
    decoder.position_encodings.encodings = tensors["wpe.weight"]
    layer_norm(decoder.layer_norm, "ln_f")
    for index, part in enumerate(decoder.layer):
        layer_norm(part.self_attention.layer_norm, f"h.{index}.ln_1")
        linear(part.self_attention.linear[0], f"h.{index}.attn.c_attn")
        linear(part.self_attention.linear[1], f"h.{index}.attn.c_proj")
        layer_norm(part.ffn.layer_norm, f"h.{index}.ln_2")
        linear(part.ffn.linear_0, f"h.{index}.mlp.c_fc")
        linear(part.ffn.linear_1, f"h.{index}.mlp.c_proj")
    spec.config.bos_token = spec.config.eos_token = spec.config.unk_token = "0"
    spec.register_vocabulary([str(token) for token in range(config["vocab_size"])])
    spec.validate()
    spec.optimize()
    target.mkdir(exist_ok=True)
    spec.save(str(target))

"""Random GPT-2 checkpoints in the format of Hugging Face, which every engine of the comparison loads.

Speed does not depend on the values, but agreement can only be checked on logits that are spread out. The scales below
give logits a standard deviation of about 3, as in a trained model; GPT-2's own initial values would give near ties. """

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file


@dataclass(frozen=True)
class Shape:
    """A model of the comparison, with the sizes of its measurements."""

    name: str
    vocab: int
    context: int
    embed: int
    layers: int
    heads: int
    decode_prompt: int  # prompt of the decode measurement, tokens
    decode_tokens: int  # forward passes of one token after it
    prefill_prompt: int  # prompt of the prefill measurement, tokens
    repetitions: int  # inferences per slice

    def weight_bytes(self, bytes_per_weight: int = 4) -> int:
        """Bytes of weights that one decoded token must read: the blocks, the tied head, and one row of each embedding.
        Biases and LayerNorms are f32 in every storage of the matrices."""
        matrices = self.layers * 12 * self.embed**2 + self.vocab * self.embed
        vectors = self.layers * 13 * self.embed + 4 * self.embed
        return matrices * bytes_per_weight + vectors * 4

    def cache_bytes(self) -> int:
        """Bytes of keys and values (f32) that a token of the decode measurement reads, averaged over its positions."""
        positions = self.decode_prompt + (self.decode_tokens + 1) / 2
        return int(self.layers * 2 * self.embed * 4 * positions)


SHAPES = {
    "medium": Shape("medium", 512, 128, 256, 4, 8, 32, 50, 32, repetitions=10),
    "gpt2-124m": Shape("gpt2-124m", 50257, 1024, 768, 12, 12, 32, 64, 512, repetitions=1),
}


def tensors(shape: Shape, seed: int = 42) -> dict[str, np.ndarray]:
    """All tensors under the names of GPT2LMHeadModel with a tied head; Conv1D weights are [in, out]."""
    rng = np.random.default_rng(seed)
    embed = shape.embed

    def normal(scale: float, *size: int) -> np.ndarray:
        return rng.standard_normal(size, dtype=np.float32) * np.float32(scale)

    def gain() -> np.ndarray:
        return rng.uniform(0.5, 1.5, embed).astype(np.float32)

    result = {
        "transformer.wte.weight": normal(3 / embed**0.5, shape.vocab, embed),
        "transformer.wpe.weight": normal(2.0, shape.context, embed),
        "transformer.ln_f.weight": gain(),
        "transformer.ln_f.bias": normal(0.2, embed),
    }
    for layer in range(shape.layers):
        prefix = f"transformer.h.{layer}."
        for name, rows, columns in [
            ("attn.c_attn", embed, 3 * embed),
            ("attn.c_proj", embed, embed),
            ("mlp.c_fc", embed, 4 * embed),
            ("mlp.c_proj", 4 * embed, embed),
        ]:
            result[f"{prefix}{name}.weight"] = normal(1.6 / rows**0.5, rows, columns)
            result[f"{prefix}{name}.bias"] = normal(0.2, columns)
        for name in ("ln_1", "ln_2"):
            result[f"{prefix}{name}.weight"] = gain()
            result[f"{prefix}{name}.bias"] = normal(0.2, embed)
    return result


def write(shape: Shape, folder: Path) -> None:
    """Writes config.json and model.safetensors; a folder that is already complete is kept (config.json comes last)."""
    if (folder / "config.json").is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors(shape), folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "vocab_size": shape.vocab,
        "n_positions": shape.context,
        "n_embd": shape.embed,
        "n_layer": shape.layers,
        "n_head": shape.heads,
        "n_inner": None,
        "activation_function": "gelu_new",
        "layer_norm_epsilon": 1e-5,
        "tie_word_embeddings": True,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "dtype": "float32",
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2))


def read(folder: Path) -> tuple[dict, dict[str, np.ndarray]]:
    """The config and the tensors, names without the `transformer.` prefix."""
    config = json.loads((folder / "config.json").read_text())
    with safe_open(folder / "model.safetensors", "numpy") as file:
        return config, {name.removeprefix("transformer."): file.get_tensor(name) for name in file.keys()}

"""Makes the golden checkpoints, or checks the committed ones: tiny random GPT-2 models with the results of
transformers.

    python make_golden.py            writes <name>/{config.json,model.safetensors,expected.json}
    python make_golden.py --check    recomputes everything and compares with the files; exit status 1 on a difference

See README.md for the format of expected.json and for the versions used.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel, logging

from shapes import GOLDENS, Golden

HERE = Path(__file__).resolve().parent
# Two CPUs may add in another order. The tolerance of the engine is 1e-4, so the files must agree ten times better.
LOGIT_TOLERANCE = 1e-5
# No greedy step may be a near tie. The engine's tolerance is 1e-4 x max |logit|; the floor is three times that.
GAP_FLOOR = 3e-4
# A greedy run that visits fewer tokens than this would hide a wrong position or a stale cache.
DISTINCT_FLOOR = 8


def config_of(golden: Golden) -> GPT2Config:
    return GPT2Config(
        vocab_size=golden.vocab,
        n_positions=golden.context,
        n_embd=golden.embed,
        n_layer=golden.layers,
        n_head=golden.heads,
        n_inner=golden.inner,
        layer_norm_epsilon=golden.epsilon,
        tie_word_embeddings=golden.tied,
        bos_token_id=0,
        eos_token_id=0,
    )


def random_tensor(name: str, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Values for one parameter. With these scales, every part of the network changes the logits: attention is not
    uniform, positions matter, and an omitted bias or gain is detected."""
    if name.endswith(("ln_1.weight", "ln_2.weight", "ln_f.weight")):
        return rng.uniform(0.5, 1.5, shape)
    if name.endswith("bias"):
        return rng.uniform(0.05, 0.4, shape) * rng.choice([-1.0, 1.0], shape)
    if name.endswith(("wte.weight", "lm_head.weight")):
        return rng.normal(0.0, 3.0 / np.sqrt(shape[1]), shape)
    if name.endswith("wpe.weight"):
        return rng.normal(0.0, 2.0, shape)
    # Conv1D weights, [in, out].
    return rng.normal(0.0, 1.6 / np.sqrt(shape[0]), shape)


def write_checkpoint(golden: Golden, folder: Path) -> None:
    """Fills a GPT2LMHeadModel from numpy's PCG64 and saves it the way transformers does."""
    rng = np.random.default_rng(golden.seed)
    model = GPT2LMHeadModel(config_of(golden)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = random_tensor(name, tuple(parameter.shape), rng).astype(np.float32)
            parameter.copy_(torch.from_numpy(values))
    model = model.to(getattr(torch, golden.storage))
    (model if golden.prefixed else model.transformer).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if golden.mask_buffers:
        add_mask_buffers(golden, folder / "model.safetensors")


def add_mask_buffers(golden: Golden, path: Path) -> None:
    """Early GPT-2 files carry the causal mask of every layer; a loader has to ignore it, because it is not a weight."""
    tensors = load_file(path)
    mask = torch.tril(torch.ones(golden.context, golden.context)).view(1, 1, golden.context, golden.context)
    for layer in range(golden.layers):
        tensors[f"h.{layer}.attn.bias"] = mask.clone()
    save_file(tensors, path, metadata={"format": "pt"})


def load_model(folder: Path, dtype: torch.dtype) -> GPT2LMHeadModel:
    model, info = GPT2LMHeadModel.from_pretrained(
        folder, dtype=dtype, attn_implementation="eager", output_loading_info=True
    )
    if info["missing_keys"] or info["mismatched_keys"]:
        sys.exit(f"{folder.name}: transformers did not find all tensors: {info}")
    return model.eval()


@torch.no_grad()
def logits_of(model: GPT2LMHeadModel, tokens: list[int]) -> np.ndarray:
    """Logits [T, V] of a whole sequence, computed without a KV-cache."""
    return model(torch.tensor([tokens]), use_cache=False).logits[0].numpy()


def greedy(model: GPT2LMHeadModel, prompt: list[int], steps: int) -> tuple[list[int], list[float], float]:
    """Greedy tokens, the difference between the two best logits at each step, and the largest |logit|. Every step
    recomputes the whole sequence, without a cache."""
    sequence, gaps, largest = list(prompt), [], 0.0
    for _ in range(steps):
        last = logits_of(model, sequence)[-1]
        second, best = np.argsort(last)[-2:]
        gaps.append(float(last[best] - last[second]))
        largest = max(largest, float(np.abs(last).max()))
        sequence.append(int(best))
    return sequence[len(prompt) :], gaps, largest


def expect(golden: Golden, folder: Path) -> dict:
    """Results of transformers for the files on disk, in f32 (weights stored in 16 bits are widened first)."""
    rng = np.random.default_rng([golden.seed, 1])
    tokens = rng.integers(0, golden.vocab, golden.tokens).tolist()
    prompt = rng.integers(0, golden.vocab, golden.prompt).tolist()
    model = load_model(folder, torch.float32)
    logits = logits_of(model, tokens)
    continuation, gaps, largest = greedy(model, prompt, golden.steps)

    exact = logits_of(load_model(folder, torch.float64), tokens)
    error = np.abs(logits - exact).max() / np.abs(exact).max()
    print(
        f"{golden.name:20} logits: sd {logits.std():.2f}, max {np.abs(logits).max():.1f}, f32 error {error:.1e};"
        f" greedy: {len(set(continuation))} distinct, smallest gap {min(gaps):.4f}"
    )
    if min(gaps) < GAP_FLOOR * largest or len(set(continuation)) < DISTINCT_FLOOR:
        sys.exit(f"{golden.name}: the greedy run has a near tie or too few tokens; choose another seed in shapes.py")
    return {"tokens": tokens, "logits": logits, "prompt": prompt, "greedy": continuation, "greedy_gap": gaps}


def to_json(expected: dict) -> str:
    """The expected values as JSON, one position of logits per line. Nine significant digits restore every f32
    exactly."""

    def floats(values) -> str:
        return "[" + ",".join(f"{value:.9g}" for value in values) + "]"

    logits = ",\n  ".join(floats(row) for row in expected["logits"])
    return (
        "{\n"
        f' "tokens": {json.dumps(expected["tokens"], separators=(",", ":"))},\n'
        f' "logits": [\n  {logits}\n ],\n'
        f' "prompt": {json.dumps(expected["prompt"], separators=(",", ":"))},\n'
        f' "greedy": {json.dumps(expected["greedy"], separators=(",", ":"))},\n'
        f' "greedy_gap": {floats(expected["greedy_gap"])}\n'
        "}\n"
    )


def differences(name: str, committed: Path, fresh: Path) -> list[str]:
    """Differences between the committed folder and a newly made one, one sentence each."""
    missing = [f.name for f in fresh.iterdir() if not (committed / f.name).is_file()]
    if missing:
        return [f"{name}: {', '.join(sorted(missing))} is missing; run make_golden.py without --check."]
    found = []
    if json.loads((committed / "config.json").read_text()) != json.loads((fresh / "config.json").read_text()):
        found.append(f"{name}/config.json differs.")
    old, new = load_file(committed / "model.safetensors"), load_file(fresh / "model.safetensors")
    if old.keys() != new.keys() or any(
        old[key].dtype != new[key].dtype or not torch.equal(old[key], new[key]) for key in old
    ):
        found.append(f"{name}/model.safetensors differs.")
    old, new = (json.loads((folder / "expected.json").read_text()) for folder in (committed, fresh))
    for key in ("tokens", "prompt", "greedy"):
        if old[key] != new[key]:
            found.append(f"{name}/expected.json: {key} differs.")
    scale = np.abs(np.array(new["logits"])).max()
    for key in ("logits", "greedy_gap"):
        a, b = np.array(old[key]), np.array(new[key])
        if a.shape != b.shape:
            found.append(f"{name}/expected.json: {key} has shape {a.shape}, now {b.shape}.")
        elif np.abs(a - b).max() > LOGIT_TOLERANCE * scale:
            found.append(f"{name}/expected.json: {key} differs by {np.abs(a - b).max():.2e}.")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed files instead of writing them")
    check = parser.parse_args().check
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.set_num_threads(1)
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        for golden in GOLDENS:
            folder = (Path(scratch) if check else HERE) / golden.name
            write_checkpoint(golden, folder)
            (folder / "expected.json").write_text(to_json(expect(golden, folder)))
            if check:
                found += differences(golden.name, HERE / golden.name, folder)
    for difference in found:
        print(difference, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

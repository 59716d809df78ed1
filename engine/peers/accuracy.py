#!/usr/bin/env python3
"""Accuracy of each weight storage on a trained checkpoint: perplexity, and agreement of greedy tokens.

    venv/bin/python engine/peers/accuracy.py train FOLDER     trains a small model on synthetic text (minutes)
    venv/bin/python engine/peers/accuracy.py measure FOLDER   prints the table

Random weights say little about rounding: their logits are spread out by design, and they have no outliers. So a model of
3.5 million parameters learns a synthetic language whose entropy is known: an ordered Markov chain in which the last two
tokens allow eight next ones, with Zipf's weights. Perplexity is over windows that were not trained on. Greedy agreement is
over 200 steps after each of 16 prompts: the tokens of f32 are given, and each storage chooses the next one.
"""

import argparse
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from checkpoint import Shape, config_of

ROOT = Path(__file__).resolve().parents[2]
SHAPE = Shape("trained", 512, 256, 256, 4, 8, 32, 200, 32, repetitions=1)
STORAGES = ["f32", "bf16", "int8"]
WINDOWS, PROMPTS, STEPS = 32, 16, 200
CONTEXTS, CHOICES = 64, 8  # groups of the token before the last; next tokens after a pair


class Language:
    """The synthetic language: the next token depends on the last one and on a group of the one before."""

    def __init__(self, vocab: int, seed: int = 1):
        rng = np.random.default_rng(seed)
        self.vocab = vocab
        self.group = rng.integers(CONTEXTS, size=vocab)
        self.next = rng.integers(vocab, size=(CONTEXTS, vocab, CHOICES))
        weights = 1 / np.arange(1, CHOICES + 1)
        self.weights = weights / weights.sum()

    def perplexity(self) -> float:
        """The lowest perplexity that a model can reach. Two of the eight tokens are rarely equal, which lowers it a little."""
        return float(np.exp(-(self.weights * np.log(self.weights)).sum()))

    def text(self, rows: int, length: int, rng: np.random.Generator) -> np.ndarray:
        """Independent texts `[rows, length]`."""
        tokens = rng.integers(self.vocab, size=(rows, length))
        for at in range(2, length):
            choice = rng.choice(CHOICES, size=rows, p=self.weights)
            tokens[:, at] = self.next[self.group[tokens[:, at - 2]], tokens[:, at - 1], choice]
        return tokens


def train(folder: Path, steps: int, batch: int) -> None:
    """Trains GPT-2 of this shape with AdamW and a cosine schedule, and writes the checkpoint."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(3)
    config = GPT2Config(**config_of(SHAPE), resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)
    model = GPT2LMHeadModel(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, betas=(0.9, 0.98), weight_decay=0.01)
    warm = max(1, steps // 20)
    rate = lambda step: min((step + 1) / warm, 0.5 * (1 + math.cos(math.pi * step / steps)) + 0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    language, rng = Language(SHAPE.vocab), np.random.default_rng(4)
    for step in range(steps):
        tokens = torch.from_numpy(language.text(batch, SHAPE.context // 2, rng))
        loss = model(tokens, labels=tokens).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 50 == 0 or step + 1 == steps:
            print(f"step {step}: perplexity {math.exp(loss.item()):.2f} (limit {language.perplexity():.2f})", file=sys.stderr)
    folder.mkdir(parents=True, exist_ok=True)
    state = model.state_dict()
    arrays = {name: value.numpy() for name, value in state.items() if name != "lm_head.weight" and not name.endswith(".attn.bias")}
    save_file(arrays, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config_of(SHAPE), indent=2))


class Logits:
    """Logits of the engine with one weight storage."""

    def __init__(self, folder: Path, storage: str):
        self.command = [str(ROOT / "target/release/examples/logits"), "--model", str(folder)]
        self.command += ["--variant", f"optimized,weights={storage}", "--all-positions"]

    def of(self, tokens: np.ndarray) -> np.ndarray:
        """`[T, V]` for `[T]` tokens."""
        ids = ",".join(map(str, tokens))
        done = subprocess.run([*self.command, "--tokens", ids], check=True, capture_output=True, text=True)
        return np.array(json.loads(done.stdout), dtype=np.float64)


def losses(logits: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Negative log probability of each token from the third on: the first two are random in this language."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logs[np.arange(1, len(tokens) - 1), tokens[2:]]


def greedy(folder: Path, prompt: np.ndarray) -> np.ndarray:
    """The prompt and the tokens that f32 chooses after it."""
    command = [str(ROOT / "target/release/examples/generate"), "--model", str(folder), "--variant", "optimized"]
    command += ["--prompt", ",".join(map(str, prompt)), "--new", str(STEPS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return np.concatenate([prompt, json.loads(done.stdout)["repetitions"][0]["tokens"]])


def measure(folder: Path) -> None:
    subprocess.run(
        ["cargo", "build", "--release", "--quiet", "--package", "engine", "--example", "logits", "--example", "generate"],
        cwd=ROOT,
        check=True,
    )
    language, rng = Language(SHAPE.vocab), np.random.default_rng(5)
    windows = language.text(WINDOWS, SHAPE.context // 2, rng)
    texts = [greedy(folder, prompt) for prompt in language.text(PROMPTS, SHAPE.decode_prompt, rng)]
    chosen = slice(SHAPE.decode_prompt - 1, SHAPE.decode_prompt - 1 + STEPS)
    print(f"Perplexity over {WINDOWS} windows of {SHAPE.context // 2} tokens (limit of the language {language.perplexity():.3f}); "
          f"greedy agreement over {PROMPTS} x {STEPS} steps.\n")
    print("| weights | perplexity | change | greedy tokens equal | first different step, median |")
    print("|---|---:|---:|---:|---:|")
    base = None
    for storage in STORAGES:
        logits = Logits(folder, storage)
        perplexity = math.exp(np.concatenate([losses(logits.of(tokens), tokens) for tokens in windows]).mean())
        base = base or perplexity
        equal = np.array([logits.of(text[:-1]).argmax(axis=1)[chosen] == text[SHAPE.decode_prompt:] for text in texts])
        first = [int(np.argmin(row)) + 1 if not row.all() else STEPS + 1 for row in equal]
        middle = int(np.median(first))
        print(f"| {storage} | {perplexity:.4f} | {(perplexity / base - 1) * 100:+.3f} % | {equal.sum()} of {equal.size} "
              f"({equal.mean() * 100:.2f} %) | {middle if middle <= STEPS else 'none'} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["train", "measure"])
    parser.add_argument("folder", type=Path, help="folder of the checkpoint, outside the repository")
    parser.add_argument("--steps", type=int, default=1500, help="steps of the training [default: %(default)s]")
    parser.add_argument("--batch", type=int, default=16, help="texts of a step [default: %(default)s]")
    options = parser.parse_args()
    if options.command == "train":
        train(options.folder, options.steps, options.batch)
    else:
        measure(options.folder)


if __name__ == "__main__":
    main()

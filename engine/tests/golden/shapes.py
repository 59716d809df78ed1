"""The shapes of the golden checkpoints.

Each combines some properties that are error-prone in a GPT-2 loader or a SIMD kernel. All are as small as the property
allows, because their files are committed. """

from dataclasses import dataclass


@dataclass(frozen=True)
class Golden:
    """One checkpoint: architecture, storage, and lengths of the computed sequences."""

    name: str
    seed: int
    vocab: int
    context: int
    embed: int
    layers: int
    heads: int
    inner: int | None = None  # n_inner of the config; None leaves GPT-2's default of 4 x embed
    epsilon: float = 1e-5  # layer_norm_epsilon of the config
    tied: bool = True  # the head is the token embedding
    prefixed: bool = True  # tensor names start with "transformer."
    mask_buffers: bool = False  # "h.N.attn.bias" causal masks in the file, as the first published GPT-2 files have
    storage: str = "float32"
    tokens: int = 24  # length of the sequence whose logits are stored at all positions
    prompt: int = 7  # length of the prompt of the greedy continuation
    steps: int = 200  # greedy tokens after the prompt


GOLDENS = [
    # One layer, one head, odd vocabulary, embed below one AVX-512 vector.
    Golden("one-layer-one-head", 1, vocab=61, context=256, embed=10, layers=1, heads=1),
    # Head size 6; an epsilon large enough that ignoring it shows.
    Golden("head-size-six", 1, vocab=97, context=240, embed=30, layers=2, heads=5, epsilon=1e-2),
    # Three heads of twelve, a head of its own, an inner width that is not 4 x embed.
    Golden("untied-inner", 3, vocab=53, context=224, embed=36, layers=3, heads=3, inner=50, tied=False),
    # More than 512 positions: logits for 530 tokens at once, greedy decode from position 320 to 520.
    Golden("long-context", 2, vocab=19, context=530, embed=12, layers=2, heads=2, tokens=530, prompt=320),
    # f16 storage, head size 5, an odd inner width.
    Golden("stored-f16", 5, vocab=67, context=230, embed=20, layers=2, heads=4, inner=33, storage="float16"),
    # bf16 storage, untied, epsilon not the default.
    Golden(
        "stored-bf16", 3, vocab=41, context=224, embed=24, layers=2, heads=2, epsilon=1e-3, tied=False, storage="bfloat16"
    ),
    # Names as GPT2Model writes them (no prefix) and causal-mask buffers to skip; the greedy run fills the context.
    Golden(
        "base-model-names", 2, vocab=33, context=48, embed=14, layers=2, heads=2, prefixed=False, mask_buffers=True, steps=41
    ),
    # A vocabulary (1031, a prime) and widths beyond one register tile, with remainders everywhere; head size 19.
    Golden("wide-vocabulary", 2, vocab=1031, context=216, embed=76, layers=1, heads=4, tokens=9),
]

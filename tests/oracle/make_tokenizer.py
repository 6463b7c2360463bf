"""Writes tests/fixtures/tokenizer: small tokenizers of three makes, and the tokens of texts that try them.

    python make_tokenizer.py            writes the files
    python make_tokenizer.py --check    compares with what is committed

Needs tokenizers 0.23.3 and transformers 5.24.0. The ids are those of transformers' `tokenizer(text)`. What a
token's label must be is said here in bytes: its text where these are whole characters, else its spelling.
"""

import json
import sys
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from committed import settle

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "tokenizer"

CORPUS = [
    "The quick brown fox jumps over the lazy dog, and the dog doesn't mind.",
    "Weights are the same, the logits are not: what the bits carry is what the rounding left.",
    "    def forward(self, tokens):\n        return self.head(self.norm(hidden))\n",
    "In 2024 there were 1234 heads on 567 layers; the 8 last ones were rounded.",
    "Größe und Maß, naïve café, 你好世界 你好 世界, 🙂 🙂👍🏽",
] * 4

TEXTS = [
    "",
    " ",
    "The quick brown fox",
    "the dog doesn't, they'll, WE'RE",
    "  two  spaces   three\t\ttabs\n\n\nlines \r\n end   ",
    "0123456789 and 3.14159e-10",
    "你好，世界！漢字",
    "🙂👍🏽 👨‍👩‍👧‍👦 \U0001f9ff",
    "cafe\u0301 and caf\u00e9, \u212b",
    "<s>The end</s>",
    "a<|im_start|>user\nhi<|im_end|> b",
    "<s >not special</ s>",
    "\u202eright to left\x1b[2J\x00",
    "ﬁ Ⅷ ㍿ \u00a0\u2003\u3000x",
    "x" * 12,
    "Ω≈ç√∫˜µ≤≥÷ ▁underline Ġ",
]

SPECIAL = ["<s>", "</s>", "<|im_start|>", "<|im_end|>"]

# As Qwen2 has it.
QWEN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def special_tokens():
    return [AddedToken(token, normalized=False, special=True) for token in SPECIAL]


def beginning():
    return processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 0)])


def trained(tokenizer, vocabulary, alphabet):
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=special_tokens(), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def byte_level():
    """As SmolLM2's, with Llama 3's post-processor; it asks for truncation and padding, which are not for tokenizer(text)."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trained(tokenizer, 320, pre_tokenizers.ByteLevel.alphabet())
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), beginning()])
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=8, pad_token="</s>", pad_id=1)
    return tokenizer


def split():
    """As Qwen2's: its regular expression, NFC, and nothing added."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return trained(tokenizer, 320, pre_tokenizers.ByteLevel.alphabet())


def byte_fallback():
    """As Llama 2's and Mistral's: a space is a letter, and bytes stand in for what is no letter."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    letters = [chr(letter) for letter in range(ord("!"), ord("~"))]
    # The corpus has letters for which bytes are to stand in: they are not trained on.
    tokenizer.train_from_iterator(
        ["".join(c for c in line if c.isascii()) for line in CORPUS],
        trainers.BpeTrainer(vocab_size=160, special_tokens=special_tokens(), initial_alphabet=letters, show_progress=False),
    )
    described = json.loads(tokenizer.to_str())
    vocabulary = described["model"]["vocab"]
    for byte in range(256):
        vocabulary[f"<0x{byte:02X}>"] = len(vocabulary)
    tokenizer = Tokenizer.from_str(json.dumps(described))
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.post_processor = beginning()
    return tokenizer


def byte_of_letter():
    """The bytes that byte-level tokenizers spell as letters, by GPT-2's rule."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + at): byte for at, byte in enumerate(others)}


BYTES = byte_of_letter()


def bytes_spelled(spelling):
    return bytes(BYTES[letter] for letter in spelling)


def bytes_fallen_back(spelling):
    if spelling.startswith("<0x"):
        return bytes.fromhex(spelling[3:5])
    return spelling.replace("▁", " ").encode()


def piece(spelling, in_bytes):
    if spelling in SPECIAL:
        return spelling
    try:
        return in_bytes(spelling).decode()
    except UnicodeDecodeError:
        return spelling


# How it is made, what its tokens are in bytes, and what is added in front.
MAKES = {
    "byte_level": (byte_level, bytes_spelled, [0]),
    "split": (split, bytes_spelled, []),
    "byte_fallback": (byte_fallback, bytes_fallen_back, [0]),
}


def expected(written, in_bytes, added):
    model = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(written))
    library = Tokenizer.from_str(written)
    library.no_truncation()
    library.no_padding()
    for text in TEXTS:
        tokens = model(text)["input_ids"]
        bare = model(text, add_special_tokens=False)["input_ids"]
        assert library.encode(text).ids == tokens, text
        assert library.encode(text, add_special_tokens=False).ids == bare, text
        assert tokens == added + bare, text
        pieces = [piece(library.id_to_token(token), in_bytes) for token in tokens]
        yield {"text": text, "tokens": tokens, "pieces": pieces}


def files():
    """Every file by its name."""
    made, lists = {}, []
    for name, (make, in_bytes, added) in MAKES.items():
        written = make().to_str() + "\n"
        made[f"{name}.json"] = written.encode()
        cases = [json.dumps(case, separators=(",", ":")) for case in expected(written, in_bytes, added)]
        lists.append(f'"{name}": [\n' + ",\n".join(cases) + "\n]")
    made["expected.json"] = ("{\n" + ",\n".join(lists) + "\n}\n").encode()
    return made


if __name__ == "__main__":
    sys.exit(settle(FOLDER, files(), "--check" in sys.argv[1:]))

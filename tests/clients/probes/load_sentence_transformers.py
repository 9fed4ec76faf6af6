"""A model of sentences is pushed and loaded by name."""

import sys
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer, models
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers import models as token_models
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

folder, name = Path(sys.argv[1]) / "bert", sys.argv[2]
words = {"[UNK]": 0, "[PAD]": 1, "the": 2, "fox": 3}
plain = Tokenizer(token_models.WordLevel(words, unk_token="[UNK]"))
plain.pre_tokenizer = pre_tokenizers.Whitespace()
PreTrainedTokenizerFast(tokenizer_object=plain, unk_token="[UNK]", pad_token="[PAD]").save_pretrained(folder)
sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
BertModel(BertConfig(vocab_size=4, max_position_embeddings=16, **sizes)).save_pretrained(folder)
whole = models.Transformer(str(folder))
made = SentenceTransformer(modules=[whole, models.Pooling(32)])
made.push_to_hub(name, private=True)
assert np.allclose(SentenceTransformer(name).encode("the fox"), made.encode("the fox"), atol=1e-6)

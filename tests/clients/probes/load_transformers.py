"""A model and its tokenizer are pushed and loaded by name."""

import sys

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel, PreTrainedTokenizerFast

name = sys.argv[2]
words = {"[UNK]": 0, "[PAD]": 1, "the": 2, "fox": 3}
plain = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
plain.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, unk_token="[UNK]", pad_token="[PAD]")
sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
model = BertModel(BertConfig(vocab_size=4, max_position_embeddings=16, **sizes)).eval()
model.push_to_hub(name, private=True)
tokenizer.push_to_hub(name)
loaded, read = AutoModel.from_pretrained(name).eval(), AutoTokenizer.from_pretrained(name)
asked = read("the fox", return_tensors="pt")
with torch.no_grad():
    assert torch.equal(loaded(asked["input_ids"]).last_hidden_state, model(asked["input_ids"]).last_hidden_state)

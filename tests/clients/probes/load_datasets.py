"""A data set is pushed and loaded by name: whole, as a stream, and from files as people upload them."""

import sys

from datasets import Dataset, load_dataset
from huggingface_hub import HfApi

name = sys.argv[2]
rows = [{"text": f"line {number}", "label": number % 2} for number in range(500)]
Dataset.from_list(rows).push_to_hub(name, private=True)
assert load_dataset(name, split="train").to_list() == rows
assert next(iter(load_dataset(name, split="train", streaming=True))) == rows[0]
files = f"{name}-files"
api = HfApi()
api.create_repo(files, repo_type="dataset")
lines = "\n".join(f'{{"text": "{row["text"]}", "label": {row["label"]}}}' for row in rows)
api.upload_file(path_or_fileobj=lines.encode(), path_in_repo="train.jsonl", repo_id=files, repo_type="dataset")
api.upload_file(path_or_fileobj=b"text,label\nheld out,1\n", path_in_repo="test.csv", repo_id=files, repo_type="dataset")
assert load_dataset(files, data_files="train.jsonl", split="train").to_list() == rows
assert load_dataset(files, data_files={"test": "*.csv"}, split="test").to_list() == [{"text": "held out", "label": 1}]

"""
The program that trains. Modules here import torch, transformers, peft, trl and datasets (extra `tune`) and are imported by
`commonweight.tuning.training.main` alone.
"""

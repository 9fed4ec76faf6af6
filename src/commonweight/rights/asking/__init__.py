"""A verdict that asks back: the few questions that can change it, and answers put into the question."""

from commonweight.rights.asking.answers import Answers, facts_of, with_answers
from commonweight.rights.asking.ask import NONE_OF_THESE, Ask, Choice
from commonweight.rights.asking.guided import Asking, Guided

__all__ = ["NONE_OF_THESE", "Answers", "Ask", "Asking", "Choice", "Guided", "facts_of", "with_answers"]

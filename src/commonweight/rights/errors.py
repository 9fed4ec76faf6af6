"""
What can be wrong with a document of this room.

    RightsError          the base; a 400 on any wire
      DocumentError      the text is no YAML or JSON, or larger than the bound
      QuestionError      a question has a shape or a fact that cannot be
      RecordError        a terms record contradicts its schema
        ExpressionError  a condition in a record cannot be read
"""

from __future__ import annotations

from commonweight.errors import InvalidInput


class RightsError(InvalidInput):
    """`where` is the file and the path inside the document, such as `use.acts[0]`."""

    code = "invalid_rights_document"

    def __init__(self, where: str, came: str, expected: str, next_step: str = "") -> None:
        super().__init__(f"{where}: got {came}; expected {expected}.", hint=next_step)
        self.where = where
        self.came = came
        self.expected = expected
        self.next_step = next_step


class DocumentError(RightsError):
    """The text itself cannot be read."""


class QuestionError(RightsError):
    """A question has a shape or a fact that cannot be."""


class RecordError(RightsError):
    """A terms record contradicts its schema."""


class ExpressionError(RecordError):
    """A condition in a record cannot be read."""

"""What is wrong with examples, by code, in the reader's language; what the checker said of one line stands beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commonweight.web.presenting.words import _

#: By the codes of docs/tuning.md.
FINDING_TITLES: Final[Mapping[str, str]] = {
    "invalid_json_line": _("A line is no JSON object."),
    "blank_line": _("A line is blank."),
    "byte_order_mark": _("The file begins with a byte order mark."),
    "not_utf8": _("The file is not in UTF-8."),
    "line_too_long": _("A line is too long for an example."),
    "empty_file": _("The file holds no lines."),
    "unknown_form": _("A line is of no form that can be learnt from."),
    "mixed_forms": _("The file holds examples of more than one form."),
    "unknown_field": _("A line has a field that nobody reads."),
    "too_few_lines": _("There are too few examples."),
    "too_many_lines": _("There are too many examples."),
    "invalid_messages": _("The messages are no list, or an empty one."),
    "invalid_message": _("A message is no object with a role and a content."),
    "invalid_role": _("A message has no role, or one that is not known."),
    "invalid_content": _("What a message says is no text."),
    "unsupported_content": _("A message holds pictures, sound or something else that is no text."),
    "empty_content": _("A message says nothing."),
    "misplaced_system": _("A system message is not the first one."),
    "invalid_order": _("The same role speaks twice in a row."),
    "invalid_last_message": _("A conversation does not end as it should: with the answer to learn."),
    "nothing_to_learn": _("Nothing of an example is to be learnt: all weights are 0."),
    "invalid_weight": _("A weight is neither 0 nor 1, or does not stand with the assistant."),
    "invalid_tool": _("A tool is no function with a schema of its arguments."),
    "duplicate_tool": _("Two tools have the same name."),
    "invalid_tool_call": _("A call of a tool is not complete, or does not stand with the assistant."),
    "unknown_tool": _("A tool is called that the line does not declare."),
    "unknown_call": _("A tool answers to a call that was not made."),
    "invalid_arguments": _("The arguments of a call are no string of JSON."),
    "invalid_preference": _("A preference has not exactly one answer on each side."),
    "invalid_completion": _("Prompt and completion are not both texts."),
    "duplicate": _("A line says the same as an earlier one."),
    "contradiction": _("A line asks what an earlier one asks, and answers otherwise."),
    "constant_answers": _("All answers are the same: a model would learn to say just that."),
    "one_sided_answers": _("Nearly all answers are the same: a model may learn to say just that."),
    "few_lines": _("There are few examples."),
    "long_line": _("A line is long, and may not fit into the model."),
    "personal_data": _("There seems to be personal data: a model that learnt it tells it to whoever asks."),
    "secret": _("There seems to be a key or a password: a model that learnt it tells it to whoever asks."),
    "special_token": _("A text holds what chat templates write to part messages."),
    "invisible_characters": _("A text holds signs that nobody sees."),
    "broken_characters": _("A text holds letters that were read in the wrong encoding."),
    "answer_repeats_question": _("An answer only repeats the question."),
    "equal_answers": _("The preferred and the rejected answer are the same."),
    "empty_prompt": _("A prompt is empty."),
    "assistant_begins": _("A conversation begins with the assistant."),
    "call_without_answer": _("A tool is called, and its answer does not follow."),
    "space_around": _("A text has space at its ends."),
}

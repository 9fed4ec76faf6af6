"""
Writes `tickets.jsonl`: 200 messages to a help desk, each with the team that answers it, as examples to tune a model with.

    python examples/make_tickets.py > examples/tickets.jsonl

The messages are made of parts, and none comes twice; no customer ever wrote one.
"""

from __future__ import annotations

import json
import random
import sys

LINES = 200
INSTRUCTIONS = "Sort the customer's message. Answer with one JSON object: the team that it is for, and how urgent it is."
TEAMS = {
    "billing": (
        "I was charged twice for {thing}",
        "the invoice for {thing} shows the wrong amount",
        "I still wait for the refund of {thing}",
        "my card was declined when I paid for {thing}",
        "the discount code did not work on {thing}",
    ),
    "shipping": (
        "the parcel with {thing} has not arrived",
        "the courier left {thing} at the wrong door",
        "tracking says that {thing} is delivered, but it is not here",
        "can {thing} be sent to another address",
        "delivery of {thing} was promised for last week",
    ),
    "technical": (
        "{thing} does not turn on any more",
        "the screen of {thing} stays black after the update",
        "I cannot pair {thing} with my phone",
        "{thing} asks for a password that I never set",
        "the app crashes as soon as I connect {thing}",
    ),
    "returns": (
        "I want to send back {thing}",
        "{thing} is the wrong size, can I exchange it",
        "how do I get a label to return {thing}",
        "{thing} came damaged and I would like another one",
        "is {thing} still under warranty, I want it replaced",
    ),
}
THINGS = (
    "the desk lamp",
    "the headphones",
    "the coffee machine",
    "the winter jacket",
    "the keyboard",
    "the bicycle pump",
    "the office chair",
    "the smart watch",
    "the tent",
    "the camera",
    "the rucksack",
    "the speaker",
)
OPENINGS = ("Hello,", "Good morning,", "Hi there,", "Dear team,", "To whom it may concern,", "Hey,")
URGENT = ("Please answer today.", "This is urgent.", "I need it tomorrow.")
PATIENT = ("Thanks in advance.", "Best regards.", "No hurry.", "Have a nice day.")


def ticket(draw: random.Random) -> tuple[str, dict[str, str]]:
    """A message and what is to be answered."""
    team = draw.choice(tuple(TEAMS))
    said = draw.choice(TEAMS[team]).format(thing=draw.choice(THINGS))
    urgency = draw.choice(("high", "low"))
    closing = draw.choice(URGENT if urgency == "high" else PATIENT)
    return f"{draw.choice(OPENINGS)} {said}. {closing}", {"team": team, "urgency": urgency}


def main() -> None:
    draw, seen = random.Random(2026), set[str]()  # noqa: S311 - the same file every time, nothing secret
    while len(seen) < LINES:
        said, answer = ticket(draw)
        if said in seen:
            continue
        seen.add(said)
        turns = [("system", INSTRUCTIONS), ("user", said), ("assistant", json.dumps(answer))]
        line = {"messages": [{"role": role, "content": content} for role, content in turns]}
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()

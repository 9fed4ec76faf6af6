"""Which models a plan is about."""

from __future__ import annotations

from fnmatch import fnmatchcase

from commonweight.plans.values import Covered, ModelFacts, Plan


def concerns(plan: Plan, model: ModelFacts) -> bool:
    """
    Whether a plan is about a model, whatever its verdict: while it is offered, the model can be called under a plan only. A
    plan is about models of its publisher's namespace, unless an administrator of the installation offers it.
    """
    at_home = plan.anywhere or model.namespace.lower() == plan.publisher.lower()
    return at_home and _names(plan.terms.covered, model) and _tags(plan.terms.covered, model)


def covers(plan: Plan, model: ModelFacts) -> bool:
    """Whether the model can be called under this plan."""
    verdicts = plan.terms.covered.verdicts
    return concerns(plan, model) and (not verdicts or model.verdict in verdicts)


def _names(covered: Covered, model: ModelFacts) -> bool:
    """Capitals do not count in names, as in the hub."""
    name = model.repository.lower()
    return not covered.names or any(fnmatchcase(name, _plain(pattern)) for pattern in covered.names)


def _plain(pattern: str) -> str:
    """`[` is no class here but itself: names of models hold no brackets, and a plan must not mean more than it says."""
    return pattern.lower().replace("[", "[[]")


def _tags(covered: Covered, model: ModelFacts) -> bool:
    return set(covered.tags) <= set(model.tags)

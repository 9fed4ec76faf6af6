"""In which language an answer is told: `?lang=`, else the first of `Accept-Language` that there is, else English."""

# No postponed annotations here: the framework reads those of the dependency.

from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import Request

from commonweight.rights import ENGLISH, in_language, languages


def language_of(
    request: Request, lang: Annotated[str, Query(description="language of the sentences: en or es")] = ""
) -> str:
    """A language that rights speaks. Raises UnknownLanguage for a `lang` that is not there."""
    if lang:
        in_language(lang)
        return lang
    for accepted in request.headers.get("accept-language", "").split(","):
        code = accepted.partition(";")[0].strip().partition("-")[0].lower()
        if code in languages():
            return code
    return ENGLISH


Language = Annotated[str, Depends(language_of)]

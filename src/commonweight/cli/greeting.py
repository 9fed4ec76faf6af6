"""The words with which a start ends: the address, how to sign in, three things to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commonweight.settings import Settings

if TYPE_CHECKING:
    from commonweight.cli.setup import SetUp


def greeting(settings: Settings, facts: SetUp, seconds: float) -> str:
    address = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    lines = ["", f"Commonweight is ready (set up in {seconds:.1f} s).", "", f"  Address   {address}"]
    lines += _sign_in(settings, facts, address)
    lines += ["", "  Three things to try", *_deeds(facts, address)]
    if facts.warning:
        lines += ["", f"  Note: {facts.warning}"]
    return "\n".join([*lines, "", "  Stop with Ctrl-C.", ""])


def _sign_in(settings: Settings, facts: SetUp, address: str) -> list[str]:
    if facts.token_file is None:
        command = f"commonweight token create --user {settings.admin} --role admin --home {settings.home}"
        return ["  Sign in   with a token of yours; a new one:", f"            {command}"]
    return [
        f"  Sign in   {address}/login?code={facts.sign_in_code}",
        f"            (works once, for 15 minutes), or with the token in {facts.token_file}",
        "            That file holds an administrator's key: keep it safe, or delete it once you have made your own tokens.",
    ]


def _deeds(facts: SetUp, address: str) -> list[str]:
    token = f"$(cat {facts.token_file})" if facts.token_file else "$TOKEN"
    chat = f"{address}/{facts.starter}/chat" if facts.starter else f"{address}/"
    model = facts.starter or "<namespace/name>"
    question = '[{"role": "user", "content": "Name three rivers."}]'
    return [
        f"  1. Talk to the starter model, and see whether you may use it:  {chat}",
        "  2. Ask it from a program that speaks the OpenAI API:",
        f'     curl {address}/v1/chat/completions -H "Authorization: Bearer {token}" \\',
        f"""       -d '{{"model": "{model}", "messages": {question}}}'""",
        "  3. Upload a model of your own with the Hugging Face command:",
        f"     HF_ENDPOINT={address} HF_TOKEN={token} hf upload my-model ./folder-with-files",
    ]

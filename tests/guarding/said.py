"""What people say, and what only looks like it. Everything is made up; numbers have right check digits."""

from __future__ import annotations

import base64
import random
import string
from typing import Final

from commonweight.guarding import Thing

_random = random.Random(7)
_WIDE = string.ascii_letters + string.digits


def _key(length: int, signs: str = _WIDE) -> str:
    return "".join(_random.choice(signs) for _ in range(length - 2)) + "a7"


_BODY = "\n".join(base64.b64encode(_random.randbytes(48)).decode() for _ in range(12))
PRIVATE_KEY: Final = f"-----BEGIN RSA PRIVATE KEY-----\n{_BODY}\n-----END RSA PRIVATE KEY-----"
#: Made up piece by piece, so that scanners of repositories do not take this file for a leak.
FOUND: Final[dict[Thing, tuple[str, ...]]] = {
    Thing.EMAIL: ("anna.mueller@example-firma.de", "j.o'neil+lists@sub.domain.co.uk", "team_x@startup.io", "peña@correo.es"),
    Thing.PHONE: (
        "+49 30 901820",
        "+49 170 1234567",
        "+1 (415) 555-2671",
        "+44 20 7946 0958",
        "+33 1 70 18 99 00",
        "+34 912 34 56 78",
        "+91 98765 43210",
        "+81 3-1234-5678",
        "+5511987654321",
        "0170 1234567",  # in Germany, as the next
        "0049 89 636 48018",
        "(212) 736-5000",  # in the United States
        "912 34 56 78",  # in Spain
    ),
    Thing.IBAN: (
        "DE89 3704 0044 0532 0130 00",
        "DE89370400440532013000",
        "GB82 WEST 1234 5698 7654 32",
        "FR1420041010050500013M02606",
        "ES9121000418450200051332",
        "NL91ABNA0417164300",
        "CH9300762011623852957",
        "PL61109010140000071219812874",
    ),
    Thing.CARD: ("4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", "6011000990139424", "30569309025904"),
    Thing.NATIONAL_ID: (
        "856-45-6789",
        "12345678Z",
        "X1234567L",
        "529.982.247-25",
        "AB 12 34 56 C",
        "RSSMRA85T10A562S",
        "19811218-9876",
        "756.9217.0769.85",
        "131052-308T",
    ),
    Thing.IP: ("83.136.44.2", "2a00:1450:4001:80b::200e", "9.9.9.9"),
    Thing.SECRET: (
        "AKIA" + "QWERTYUIOP234567",
        "ghp_" + _key(36),
        "github_pat_" + _key(22) + "_" + _key(59),
        "sk-proj-" + _key(74) + "T3BlbkFJ" + _key(74),
        "sk-" + _key(20) + "T3BlbkFJ" + _key(20),
        "sk-ant-api03-" + _key(93) + "AA",
        "sk_live_" + _key(24),
        "xoxb-" + "582254282116-734207509612-" + _key(24),
        "AIza" + _key(35),
        "glpat-" + _key(20),
        "hf_" + _key(34),
        "cw_" + _key(43),
        "npm_" + _key(36),
        "SG." + _key(22) + "." + _key(43),
        "dckr_pat_" + _key(27),
        "pypi-AgEIcHlwaS5vcmc" + _key(70),
        "123456789:" + "AA" + _key(33),
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + _key(60) + "." + _key(43),
        PRIVATE_KEY,
    ),
}
#: What stands before makes these what they are; only what comes behind it is found.
FOUND_BEHIND: Final = (
    ("BSN ", "111222333"),
    ("PESEL: ", "44051401359"),
    ("Meine Steuer-ID lautet ", "86095742719"),
    ("her Aadhaar is ", "2341 2341 2346"),
    ("NHS number ", "943 476 5919"),
    ("password = '", "Tr0ub4dor&3xQz"),
    ("export API_KEY=", "9f8e7d6c5b4a"),
    ("contraseña: ", "gato1234azul"),
    ("aws_secret_access_key = ", _key(40)),
    ("postgres://app:", "s3cr3tPw9x"),
    ("AccountName=a;AccountKey=", base64.b64encode(_random.randbytes(64)).decode()),
)
FRAMES: Final = (
    "{}",
    "Please write to {} today.",
    "Kontakt: {}\nDanke!",
    "El dato es {} y nada más.",
    '{{"v": "{}"}}',
    "({})",
)
ORDINARY: Final = """\
The quick brown fox jumps over the lazy dog 12345 times, in 2024-11-30T12:34:56Z, at 10:45.
version 1.2.3.4567 was released; pip install torch==2.13.0; commit 6ead84f1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7.
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, version 8.8.8.8 of it
uuid 123e4567-e89b-12d3-a456-426614174000 and order 4111-2222-3333 and invoice 2024/000123456.
pi = 3.14159265358979323846264338327950288; 2**64 = 18446744073709551616; population 1 402 112 000.
def f(x): return x[0:10] + "abc" * 3  # see ISSUE-12345, PR #4567, RFC 7231, ISBN 978-3-16-148410-0
1. Preheat to 180 °C. 2. Bake 45 min. 3. 250 g flour, 3 eggs, 1.5 l milk.
table: 100 200 300 400 500; 1,000,000.00 EUR; 25 % of 12 500; chapter 3.2.1; 16:9; 1920x1080
matrix [[1, 0, 0], [0, 1, 0], [0, 0, 1]]; 0xdeadbeef 0x7fffffffffff; port 8080; year 1984-2024
@decorator, user@, name @ home; email: none; a@b; git@; print("@") ; e = m*c**2; pip install foo@1.2.beta
data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
const password = process.env.PASSWORD; token = get_token(); api_key: str = os.environ["KEY"]
The password is secret. Forgot your password? A token is a piece of a word. The secret: practice.
La reunión es el 12/03/2025 a las 15:30 en la sala 204, planta 3; presupuesto 1.250.000,50.
Die Summe 123.456.789,00 steht in Zeile 1234567890 der Datei; Artikel 4006381333931 (EAN).
The model has 7000000000 parameters and 131072 tokens; temperature 0.7; seed 1234567890123456.
SELECT id FROM t WHERE id IN (100000001, 100000002, 100000003) LIMIT 1000;
http://127.0.0.1:8484/v1/models, 192.168.0.10, 10.0.0.0/8, ::1, fe80::1, 12:30:45, a::b
我们在2024年11月30日开会，地址是北京市海淀区。東京都千代田区1丁目2番3号。""".splitlines()

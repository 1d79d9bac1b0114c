"""Makes tests/data/hashes.json: password hashes as passlib (or libpass), Flask-Security and Django write them.

    python3 -m venv venv
    venv/bin/pip install 'passlib==1.7.4' 'bcrypt<4.1' argon2-cffi scrypt 'django<5.3'
    venv/bin/python tests/data/make_hashes.py > tests/data/hashes.json

Those of libpass 1.9.4 in the place of passlib verify just as well. Costs are low, because the test verifies every vector several times; a few have the costs that are usual.
"""

import base64
import hashlib
import hmac
import json
import unicodedata
import warnings

warnings.simplefilter("ignore")

import django
import passlib
from django.conf import settings
from django.contrib.auth import hashers
from passlib import hash as schemes

settings.configure(PASSWORD_HASHERS=[
    "django.contrib.auth.hashers." + name
    for name in (
        "PBKDF2PasswordHasher", "PBKDF2SHA1PasswordHasher", "Argon2PasswordHasher",
        "BCryptSHA256PasswordHasher", "BCryptPasswordHasher", "MD5PasswordHasher",
    )
])
django.setup()

SALT = "salty pre-hash of the reference é"
PASSWORDS = ["password", "Correct horse battery staple ", "p", "x" * 71, "y" * 72, "z" * 73 + "tail", "n" * 300,
             "caf\u00e9 \u2126 \U0001f980"]


def double(password, scheme):
    pre = base64.b64encode(hmac.new(SALT.encode(), password.encode(), hashlib.sha512).digest()).decode()
    return pre[:72] if scheme == "bcrypt" else pre


vectors = []


def add(scheme, password, text, twice=False, note=""):
    vectors.append({"scheme": scheme, "password": password, "hash": text, "double": twice, "note": note})


def normal(password):
    return unicodedata.normalize("NFKD", password)


COSTS = {
    "bcrypt": [dict(rounds=4, ident=ident) for ident in ("2a", "2b", "2y")],
    "pbkdf2_sha256": [dict(rounds=100), dict(rounds=29000, salt_size=3)],
    "pbkdf2_sha512": [dict(rounds=100), dict(rounds=25000)],
    "scrypt": [dict(rounds=4, block_size=8), dict(rounds=10, block_size=4, parallelism=3)],
    "sha256_crypt": [dict(rounds=1000), dict(rounds=5000), dict(rounds=1234, salt_size=5)],
    "sha512_crypt": [dict(rounds=1000), dict(rounds=5000), dict(rounds=1234, salt_size=5)],
    "argon2": [dict(type=kind, rounds=2, memory_cost=64, parallelism=2) for kind in ("ID", "I", "D")],
    "des_crypt": [dict()],
    "hex_md5": [dict()],
    "hex_sha1": [dict()],
}
for scheme, all_costs in COSTS.items():
    for number, costs in enumerate(all_costs):
        handler = getattr(schemes, scheme)
        handler = handler.using(**costs) if costs else handler
        for password in PASSWORDS if number == 0 else PASSWORDS[:2]:
            password = normal(password)
            add(scheme, password, handler.hash(password[:72] if scheme == "bcrypt" and password.isascii() else password))
            add(scheme, password, handler.hash(double(password, scheme)), True)

# What is usual elsewhere: Flask-Security's own default, passlib's bcrypt and sha512_crypt.
add("argon2", "password", schemes.argon2.using(type="ID", rounds=3, memory_cost=65536, parallelism=4)
    .hash(double("password", "argon2")), True, "the reference's default")
add("bcrypt", "password", schemes.bcrypt.using(rounds=10).hash("password"))
add("sha512_crypt", "password", schemes.sha512_crypt.using(rounds=100000).hash("password"))

# A hash made of what was typed, not of its normal form: basic authentication and `hash_password` of the reference.
raw = "na\u00efve \ufb01 password"
assert normal(raw) != raw
for scheme, options in (("pbkdf2_sha256", dict(rounds=50)), ("bcrypt", dict(rounds=4)), ("hex_md5", dict())):
    handler = getattr(schemes, scheme)
    handler = handler.using(**options) if options else handler
    add(scheme, raw, handler.hash(raw), note="raw")
    add(scheme, raw, handler.hash(double(raw, scheme)), True, "raw")

for name, scheme in (
    ("pbkdf2_sha256", "django_pbkdf2_sha256"), ("pbkdf2_sha1", "django_pbkdf2_sha1"), ("argon2", "django_argon2"),
    ("bcrypt", "django_bcrypt"), ("bcrypt_sha256", "django_bcrypt_sha256"), ("md5", "django_salted_md5"),
):
    hasher = hashers.get_hasher(name)
    hasher.rounds = 4
    hasher.time_cost, hasher.memory_cost, hasher.parallelism = 2, 64, 2
    for password in PASSWORDS + [raw]:
        options = {"iterations": 100} if name.startswith("pbkdf2") else {}
        if name == "bcrypt" and not password.isascii():
            continue
        shown = password[:72] if name == "bcrypt" else password
        add(scheme, password, hasher.encode(shown, hasher.salt(), **options))
for password in PASSWORDS[:3]:
    add("django_salted_sha1", password, schemes.django_salted_sha1.hash(password))
    add("django_bcrypt", password, schemes.django_bcrypt.using(rounds=4).hash(password), note="passlib")

print(json.dumps({
    "made_with": {"passlib": passlib.__version__, "django": django.get_version()},
    "password_salt": SALT,
    "vectors": vectors,
}, indent=1, ensure_ascii=True))

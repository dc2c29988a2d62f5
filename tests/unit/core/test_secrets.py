# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures, keys and passwords are found in any text, and masked in any spelling."""

import base64
import json
import urllib.parse

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.secrets import masked, secrets_in, spellings
from conftest import run_module_process

SIGNATURE = base64.b64encode(bytes(range(200, 232))).decode()  # 44 characters, with + and /
KEY = base64.b64encode(bytes(range(190, 254))).decode()  # 88 characters
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJzdG9yYWdlIn0.c2lnbmF0dXJl"
QUOTED = urllib.parse.quote(SIGNATURE, safe="")
SAS = f"sv=2025-01-05&se=2030-01-01T00%3A00%3A00Z&sr=b&sp=rcw&sig={QUOTED}"


@pytest.mark.parametrize(
    "text",
    [
        f"https://acct.blob.core.windows.net/vhds/x.vhd?{SAS}",
        f"?{SAS}",
        f"cannot read {SIGNATURE}: no",
        f"disk.vhd?sig={SIGNATURE}",
        QUOTED,
        urllib.parse.quote(SAS),
        urllib.parse.quote(urllib.parse.quote(SAS)),
        f"Max retries exceeded with url: /c/b?{SAS}&timeout=20 (Caused by",
    ],
)
def test_a_signature_is_masked_wherever_it_stands(text):
    told = masked(text)

    for form in (SIGNATURE, QUOTED, urllib.parse.quote(QUOTED)):
        assert form not in told, told
    assert "***" in told


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"acct {KEY}", KEY),
        (f"https://acct.blob.core.windows.net/{KEY}", KEY),
        (f"DefaultEndpointsProtocol=https;AccountKey={KEY};", KEY),
        (f"Authorization: Bearer {TOKEN}", TOKEN),
        (f"token {TOKEN}", TOKEN),
        ("Authorization: SharedKey acct:topsecret=", "topsecret"),
        ("http://bob:topsecret@proxy.example:3128", "topsecret"),
        ("Cannot connect to proxy http://bob:top%40secret@proxy:3128/", "top%40secret"),
        ("client_secret=topsecret&grant_type=x", "topsecret"),
        ("?sig=topsecret", "topsecret"),
        ("x.vhd%3Fsig%3Dtopsecret%26sp%3Drw", "topsecret"),
    ],
)
def test_keys_tokens_and_passwords_are_masked(text, secret):
    assert secret not in masked(text) and "***" in masked(text)


def test_every_spelling_of_a_known_secret_is_masked():
    known = secrets_in(f"?{SAS}") | spellings("k+y/==")

    assert masked(f"a {SIGNATURE} b {QUOTED} c k+y/== d k%2By%2F%3D%3D e k%2by%2f%3d%3d f", known) == "a *** b *** c *** d *** e *** f"


@pytest.mark.parametrize(
    "text",
    [
        "/images/disk.vhd",
        "/srv/images/builds/customers/projects/machines/europe/region=west",
        "https://acct.blob.core.windows.net/vhds/x.vhd",
        "design=3.vhd",
        "/data/sig=1/disk.vhd",
        "user@host:/path",
        "git@github.com:x/y",
        "0" * 64,
        "a" * 200,
        "sv=2025-01-05&sp=rcw",
        "https://host:443/a@b",
    ],
)
def test_what_is_no_secret_stays(text):
    assert secrets_in(text) == set() and masked(text) == text


def test_the_sentence_around_a_secret_is_no_part_of_it():
    assert masked("cannot read x?sig=topsecret: no; (see topsecret).") == "cannot read x?sig=***: no; (see ***)."


def test_a_short_secret_is_masked_with_its_name_only():
    assert masked("a url?sig=a b") == "a url*** b"


OPTIONS = {"src": "/images/disk.vhd", "account": "acct", "container": "vhds", "blob": "x.vhd"}


@pytest.mark.parametrize(
    ("option", "secret"),
    [(option, f"x?{SAS}") for option in ("src", "account", "container", "blob", "endpoint", "journal", "progress_file")]
    + [("account", KEY), ("container", SIGNATURE), ("blob", urllib.parse.quote(f"x?{SAS}")), ("endpoint", "http://bob:topsecret-password@host/x")],
)
def test_a_secret_in_the_wrong_option_is_refused_and_shown_nowhere(option, secret):
    result = run_module_process("vhd_upload", **{**OPTIONS, option: secret})

    assert result["failed"] and f"cannot upload with this {option}: it holds what looks like" in result["msg"]
    for part in (SIGNATURE, QUOTED, KEY, "topsecret-password"):
        assert part not in json.dumps(result)


@pytest.mark.parametrize(
    "options",
    [
        {"parallel": f"?{SAS}"},
        {"nosuchoption": f"?{SAS}"},
        {"verify": SIGNATURE},
        {"url": f"http://acct:{SIGNATURE}/x/y?{SAS}", "account": None},
    ],
)
def test_an_option_that_does_not_parse_is_told_without_its_secret(options):
    result = run_module_process("vhd_upload", **{key: value for key, value in {**OPTIONS, **options}.items() if value is not None})

    assert result["failed"] and SIGNATURE not in json.dumps(result) and QUOTED not in json.dumps(result)


@pytest.mark.parametrize(("module", "option"), [("vhd_info", "path"), ("vhd_align", "src"), ("vhd_align", "max_size")])
def test_the_modules_of_the_same_image_show_none_either(module, option):
    options = {"path" if module == "vhd_info" else "src": "/images/disk.vhd", option: f"/nowhere/disk.vhd?{SAS}"}
    result = run_module_process(module, **options)

    assert result["failed"] and SIGNATURE not in json.dumps(result) and QUOTED not in json.dumps(result)

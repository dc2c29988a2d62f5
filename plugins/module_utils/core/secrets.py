# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures, keys and passwords in texts, wherever somebody pasted them: found by their form, and masked in every spelling.

PRIVATE: module_utils of this collection are not an interface.
Source: "Create a service SAS" and "Authorize with Shared Key" in Azure Storage's REST reference (a signature is base64 of 32 bytes, a key of 64).
"""

import re
import urllib.parse
from typing import Iterable, Set

MASK = "***"

#: Shorter ones are masked together with their name: else letters of other words would go.
_SHORTEST = 4

_MOST_ENCODINGS = 3  # a signature in an address is encoded once, the address in a parameter again

#: Each has one group, the secret.
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"(?i)(?:^|[?&;,\s\"'])(?:sig|AccountKey|SharedAccessKey|SharedAccessSignature|client_secret|access_token)=([^&;,\s'\"<>]+)",
        r"([A-Za-z0-9+/]{86}==)",  # the key of a storage account
        r"([A-Za-z0-9+/]{43}=)(?![A-Za-z0-9=+/])",  # a signature alone
        r"(eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,})",  # a token of Azure AD
        r"://[^/\s:@'\"]*:([^/\s@'\"]+)@",  # the password in an address, of a proxy for one
        r"(?i)\b(?:Bearer |SharedKey(?:Lite)? [\w-]+:)\s*([\w.~+/=-]+)",
    )
)


def secrets_in(text: str) -> Set[str]:
    """Return every spelling ({str}) of what looks like a signature, a key, a token or a password in a text (str).

    The text may be percent-encoded, also more than once, in whole or in part.
    """
    found, spelling = set(), text
    for _decoded in range(_MOST_ENCODINGS + 1):
        for form in _FORMS:
            for match in form.finditer(spelling):
                secret = match.group(1).rstrip(":.)]}")  # of the sentence around it
                found |= spellings(secret) if len(secret) >= _SHORTEST else {match.group(0).strip()}
        decoded = urllib.parse.unquote(spelling)
        if decoded == spelling:
            break
        spelling = decoded
    return found


def spellings(secret: str) -> Set[str]:
    """Return every form ({str}) in which a secret (str) may show up: plain, percent-encoded in each usual way, and that again."""
    plain = urllib.parse.unquote(secret)
    forms = {secret, plain, urllib.parse.quote(plain, safe=""), urllib.parse.quote(plain), urllib.parse.quote_plus(plain)}
    for _encoded in range(1, _MOST_ENCODINGS):
        forms |= {urllib.parse.quote(form, safe="") for form in forms}
    return forms | {re.sub(r"%[0-9A-F]{2}", lambda match: match.group().lower(), form) for form in forms}


def masked(text: str, known: Iterable[str] = ()) -> str:
    """Return the text (str) with the known secrets (iterable of str), and with what looks like one, replaced by MASK."""
    for secret in sorted(set(known) | secrets_in(text), key=lambda secret: (len(secret), secret), reverse=True):
        text = text.replace(secret, MASK)
    return text

# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an upload goes: addresses of page blobs and managed disks, shared access signatures. Pure: no I/O.

PRIVATE: module_utils of this collection are not an interface.
"""

import ipaddress
import re
import urllib.parse
from typing import NamedTuple, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError


class Address(NamedTuple):
    """Where to write. url: the blob's address without its signature; service: address of the blob service, ``https://account.blob.core.windows.net``;
    sas: shared access signature without ``?``, or empty.
    """

    url: str
    service: str
    account: str
    container: str
    blob: str
    sas: str
    managed_disk: bool


PUBLIC_SERVICE = "https://{account}.blob.core.windows.net"

#: Query parameters that a shared access signature is made of; anything else in an address means another kind of address.
#: Source: "Create a service SAS", "Create an account SAS", "Create a user delegation SAS" in Azure Storage's REST reference.
_SAS_PARAMETERS = frozenset(
    (
        "sv",
        "ss",
        "srt",
        "sr",
        "st",
        "se",
        "sp",
        "sip",
        "spr",
        "si",
        "sig",
        "skoid",
        "sktid",
        "skt",
        "ske",
        "sks",
        "skv",
        "saoid",
        "suoid",
        "scid",
        "sdd",
        "skdutid",
        "sduoid",
        "ses",
        "rscc",
        "rscd",
        "rsce",
        "rscl",
        "rsct",
        "snapshot",
    )
)


def from_url(url: str, sas_token: Optional[str] = None, account: Optional[str] = None, target: str = "auto") -> Address:
    """Return the Address for the whole address of a blob, or of a managed disk as ``az disk grant-access`` prints it.

    sas_token: str or None, a signature given apart; account: str or None, of a custom domain;
    target: auto, page_blob or managed_disk.
    Raises ImagewrightError: it is no address of a blob.
    """
    parts = _split(url)
    names = [urllib.parse.unquote(name) for name in parts.path.split("/")[1:]]
    prefix = [names.pop(0)] if _is_path_style(parts.hostname) and len(names) > 1 else []
    if len(names) < 2 or not all(names[:1] + names[-1:]):
        raise ImagewrightError(
            f"cannot upload to {without_query(url)!r}: it does not name a container and a blob; "
            "give url=https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME.vhd"
        )
    service = f"{parts.scheme}://{parts.netloc}" + "".join(f"/{name}" for name in prefix)
    return _address(
        service,
        account or (prefix or [(parts.hostname or "").split(".")[0]])[0],
        names[0],
        "/".join(names[1:]),
        _signature(parts.query, sas_token, url),
        target,
    )


def from_names(account: str, container: str, blob: str, endpoint: Optional[str] = None, sas_token: Optional[str] = None, target: str = "auto") -> Address:
    """Return the Address for an account, a container and a blob's name.

    endpoint: str or None, address of the blob service, for other clouds and for emulators, e.g. ``http://127.0.0.1:10000/devstoreaccount1``.
    Raises ImagewrightError: the endpoint is no http address, or a name is empty.
    """
    for option, value in (("account", account), ("container", container), ("blob", blob)):
        if not value or (option != "blob" and "/" in value) or "?" in value or "#" in value:
            raise ImagewrightError(f"cannot upload to {option} {value!r}: it is not a name; give {option} its plain name")
    service = (endpoint or PUBLIC_SERVICE.format(account=account)).rstrip("/")
    parts = _split(service)
    if parts.query:
        raise ImagewrightError(f"cannot upload to endpoint {without_query(service)!r}: it has a query; put the signature into sas_token")
    return _address(service, account, container, blob, _signature("", sas_token, service), target)


def without_query(url: str) -> str:
    """Return the address (str) without user, query and fragment, which is where secrets are."""
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    return re.sub(r"^(\w+://)[^/@]*@", r"\1", bare)


def sas_field(sas: str, name: str) -> Optional[str]:
    """Return a field (str) of a shared access signature, ``se`` (expiry) or ``sp`` (permissions), or None."""
    return dict(urllib.parse.parse_qsl(sas)).get(name)


def _split(url: str) -> urllib.parse.SplitResult:
    try:
        parts = urllib.parse.urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
    if not valid or "@" in parts.netloc or parts.fragment:
        raise ImagewrightError(f"cannot upload to {without_query(url)!r}: it is not an address that starts with https:// and a host name")
    return parts


def _is_path_style(host: Optional[str]) -> bool:
    """Return whether the account is the first part of the path: on emulators, which have no host name for each account."""
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return False
    return True


def _signature(query: str, sas_token: Optional[str], url: str) -> str:
    token = (sas_token or "").strip().lstrip("?")
    if query and token:
        raise ImagewrightError(f"cannot upload to {without_query(url)!r}: it has a signature, and sas_token is given as well; leave one out")
    sas = query or token
    fields = dict(urllib.parse.parse_qsl(sas, keep_blank_values=True))
    strange = sorted(set(fields) - _SAS_PARAMETERS)
    if strange or "snapshot" in fields:
        raise ImagewrightError(
            f"cannot upload to {without_query(url)!r}: {(strange or ['snapshot'])[0]!r} in its query is no part of a "
            "shared access signature; give the address of the blob itself"
        )
    if sas and not fields.get("sig"):
        raise ImagewrightError(f"cannot upload to {without_query(url)!r}: its shared access signature has no sig; quote the whole address")
    return sas


def _address(service: str, account: str, container: str, blob: str, sas: str, target: str) -> Address:
    host = urllib.parse.urlsplit(service).hostname or ""
    # every account of managed disks starts with md- (md-, md-ssd-, md-impexp-)
    managed = target == "managed_disk" or (target == "auto" and host.startswith("md-"))
    if managed and not sas:
        raise ImagewrightError(
            f"cannot upload to the managed disk at {host}: its address has no signature; get one with `az disk grant-access --access-level Write`"
        )
    url = f"{service}/{urllib.parse.quote(container)}/{urllib.parse.quote(blob)}"
    return Address(url, service, account, container, blob, sas, managed)

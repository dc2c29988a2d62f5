# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why the storage service lets nobody in: a signature's time and permissions, this machine's clock, the access to a managed disk.

PRIVATE: module_utils of this collection are not an interface.
"""

import datetime
import email.utils
from typing import Mapping, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.upload import address as addresses
from ansible_collections.imagewright.azure.plugins.module_utils.upload.address import Address

#: Error codes of this family that need more than a look into a table.
CODES = ("AuthenticationFailed", "AuthorizationFailure", "AuthorizationPermissionMismatch", "InsufficientAccountPermissions")

#: A clock may be this far from the service's; it refuses requests that are signed earlier or later. Source: "Authorize with Shared Key".
_TOLERATED = datetime.timedelta(minutes=15)

_GRANT = "`az disk revoke-access`, then `az disk grant-access --access-level Write`, and give the new address; the upload goes on from here"
_NEW_SIGNATURE = "ask for a new one, `az storage blob generate-sas --permissions rcw`, and run the task again, it goes on from here"


def cause_of(code: str, address: Address, headers: Mapping[str, str]) -> str:
    """Return why (str) a request was refused, and what to do.

    code: str, the service's error code; address: Address; headers: of the service's answer, {name: value}.
    """
    now, service = datetime.datetime.now(datetime.timezone.utc), _service_time(headers)
    clock = _clock(now, service)
    expiry, start = (_moment(addresses.sas_field(address.sas, name)) for name in ("se", "st"))
    if expiry and expiry <= (service or now):
        return f"its signature expired at {_shown(expiry)}; " + (_GRANT if address.managed_disk else _NEW_SIGNATURE)
    if start and start > (service or now):
        return (
            f"its signature is not valid before {_shown(start)}"
            + (f", and the service's clock says {_shown(service)}" if service else "")
            + (f"; {clock}" if clock else "; wait, or ask for one that is valid now: leave --start out")
        )
    if code in ("AuthorizationPermissionMismatch", "InsufficientAccountPermissions"):
        return _permission(address)
    if clock and not address.sas:
        return clock
    if address.managed_disk:
        return (
            "the service does not accept the disk's address: its access has ended (`az disk revoke-access`, or its time is over), or it was not "
            f"copied whole (quote it, & and % are part of it); {_GRANT}"
        )
    return _not_accepted(code, address)


def _permission(address: Address) -> str:
    if address.managed_disk:
        return (
            "the access to the managed disk is for reading only; `az disk revoke-access`, then `az disk grant-access --access-level Write`, which "
            "a disk takes that was created with --upload-type Upload"
        )
    permissions = addresses.sas_field(address.sas, "sp")
    missing = [name for letter, name in (("r", "read"), ("w", "write"), ("c", "create")) if permissions and letter not in permissions]
    if missing:
        return (
            f"the signature does not allow it: it has sp={permissions}, and {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing (sp=rcw); {_NEW_SIGNATURE}"
        )
    return (
        "the signature or the identity does not allow it; a shared access signature needs sp=rcw (read, create, write), an identity the role "
        "`Storage Blob Data Contributor`"
    )


def _not_accepted(code: str, address: Address) -> str:
    if address.sas:
        cause = (
            "the service does not accept the signature; it belongs to another account, container or blob, its key was changed, "
            "or it was not copied whole (quote it, & and % are part of it)"
        )
    else:
        cause = "the service does not accept the credentials; the account key is of another account or was changed"
    if code == "AuthorizationFailure":
        cause += "; or the account's networking rules or `allowSharedKeyAccess` do not let this machine in"
    return cause


def _clock(now: datetime.datetime, service: Optional[datetime.datetime]) -> str:
    """Return what to do about this machine's clock (str), or "" when it is right or nobody knows."""
    if service is None or abs(now - service) <= _TOLERATED:
        return ""
    minutes = round(abs(now - service).total_seconds() / 60)
    return (
        f"this machine's clock is {minutes} minutes {'fast' if now > service else 'slow'}, by the service's: {_shown(service)}; "
        "set it (`timedatectl set-ntp true`) and run the task again"
    )


def _service_time(headers: Mapping[str, str]) -> Optional[datetime.datetime]:
    try:
        moment = email.utils.parsedate_to_datetime(headers.get("Date") or headers.get("date") or "")
    except (TypeError, ValueError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)


def _moment(text: Optional[str]) -> Optional[datetime.datetime]:
    """Return a time of a signature (aware datetime), ``2026-11-22T10:00:00Z`` or ``2026-11-22``, or None."""
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d"):
        try:
            return datetime.datetime.strptime(text or "", form).replace(tzinfo=datetime.timezone.utc)
        except ValueError:
            continue
    return None


def _shown(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

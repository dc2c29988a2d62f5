# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""crypttab as text: its entries, and what they ask for. Pure.

PRIVATE: module_utils of this collection are not an interface.
Source: crypttab(5) of systemd and of cryptsetup.
"""

import collections

PATH = "/etc/crypttab"

#: One entry. line: int, 1-based; name: str, of the device that is made; device, key: str; options: [str]; text: str.
CrypttabEntry = collections.namedtuple("CrypttabEntry", "line name device key options text")

_RANDOM = ("/dev/urandom", "/dev/random", "/dev/hwrng")
#: Options that bring the key without a person; names before the equals sign.
_UNATTENDED = ("keyscript", "tpm2-device", "fido2-device", "pkcs11-uri", "initramfs-keyscript")


def entries(text):
    """Return the [CrypttabEntry] of a crypttab, in order."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.split()
        if len(fields) >= 2 and not fields[0].startswith("#"):
            key, options = (fields + ["", ""])[2:4]
            found.append(CrypttabEntry(number, fields[0], fields[1], key, [option for option in options.split(",") if option], line.strip()))
    return found


def has_random_key(entry):
    """Return whether the device is written again with a random key at each boot, as swap or /tmp."""
    return entry.key in _RANDOM


def waits_for_passphrase(entry):
    """Return whether somebody has to type a passphrase at each boot."""
    names = [option.partition("=")[0] for option in entry.options]
    return entry.key in ("", "none", "-") and not any(name in names for name in _UNATTENDED) and "noauto" not in names

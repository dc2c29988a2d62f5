# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of what the old machine left."""

from unit.readiness.cases.common import BY_AGENT, WITHOUT_CLOUD_INIT
from unit.readiness.disks import MIB

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R48e", {"/var/log/big": ("sparse", 200 * MIB)}, ("/var/log/big", None)),
    ("R49a", {"/etc/ssh/ssh_host_rsa_key": "key"}, ("/etc/ssh/ssh_host_rsa_key", None)),
    ("R49b", {"/etc/machine-id": "0123456789abcdef0123456789abcdef\n"}, ("/etc/machine-id", None)),
    ("R49c", {"/var/lib/waagent/provisioned": ""}, ("/var/lib/waagent/provisioned", None)),
    ("R49d", {"/var/lib/cloud/instances/i-1/obj.pkl": ""}, ("/var/lib/cloud/instances/i-1", None)),
    ("R49e", {"/var/lib/dhcp/dhclient.leases": "lease"}, ("/var/lib/dhcp/dhclient.leases", None)),
    ("R49f", {"/etc/hostname": "builder07\n"}, ("/etc/hostname", 1)),
    ("R49g", {"/etc/waagent.conf": BY_AGENT + "Provisioning.RegenerateSshHostKeyPair=n\n", **WITHOUT_CLOUD_INIT}, ("/etc/waagent.conf", 5)),
    ("R49g", {"/etc/waagent.conf": BY_AGENT, **WITHOUT_CLOUD_INIT}, ("/etc/waagent.conf", None)),
    ("R50", {"/root/.bash_history": "secret\n"}, ("/root/.bash_history", 1)),
    ("R56", {"/etc/pki/consumer/cert.pem": "x"}, ("/etc/pki/consumer/cert.pem", None)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R49g", {"/etc/waagent.conf": BY_AGENT + "Provisioning.RegenerateSshHostKeyPair=y\n", **WITHOUT_CLOUD_INIT}),
]

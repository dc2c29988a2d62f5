# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of services."""

from unit.readiness.guest_tree import UNITS, WANTS

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R54", {f"{WANTS}/hv-kvp-daemon.service": None}, ("/usr/lib/systemd/system", None)),
    ("R55a", {"/etc/chrony/chrony.conf": "refclock PHC /dev/ptp0 poll 3\nmakestep 1.0 -1\n"}, ("/etc/chrony/chrony.conf", 1)),
    (
        "R55a",
        {
            "/etc/chrony/chrony.conf": "refclock PHC /dev/ptp_hyperv\nmakestep 1.0 -1\nconfdir /etc/clocks\n",
            "/etc/clocks/kvm.conf": "# of libvirt\nrefclock PHC /dev/ptp_kvm poll 2\n",
        },
        ("/etc/clocks/kvm.conf", 2),
    ),
    ("R55b", {"/etc/chrony/chrony.conf": "refclock PHC /dev/ptp_hyperv\nmakestep 1 3\n"}, ("/etc/chrony/chrony.conf", 2)),
    ("R55b", {"/etc/chrony/chrony.conf": "refclock PHC /dev/ptp_hyperv\nmakestep 1.0 -1\ninclude /etc/own\n", "/etc/own": "makestep 1 3"}, ("/etc/own", 1)),
    ("R55c", {f"{WANTS}/chrony.service": None}, ("/etc/systemd/system", None)),
    ("R55c", {f"{WANTS}/ntpsec.service": ("link", f"{UNITS}/ntpsec.service"), f"{UNITS}/ntpsec.service": "[Install]\n"}, ("/etc/systemd/system", None)),
    ("R55d", {"/usr/lib/udev/rules.d/50-udev-default.rules": "# none\n"}, ("/etc/udev/rules.d/99-ptp_hyperv.rules", None)),
]

# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of services."""

from unit.readiness.guest_tree import UNITS, WANTS

#: What a package of Debian leaves that is removed and not purged.
_SCRIPT = {
    "/lib64/libc.so.6": "library",
    "/etc/init.d/ntp": '#!/bin/sh\nDAEMON=/usr/sbin/ntpd\ntest -x "$DAEMON" || exit 5\nstart-stop-daemon --start --exec $DAEMON\n',
    "/etc/rc3.d/S01ntp": ("link", "../init.d/ntp"),
}
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
    ("R55c", {**_SCRIPT, "/usr/sbin/ntpd": "program"}, ("/etc/systemd/system", None)),
    ("R55d", {"/usr/lib/udev/rules.d/50-udev-default.rules": "# none\n"}, ("/etc/udev/rules.d/99-ptp_hyperv.rules", None)),
]
CONTROLS = [("R55c", _SCRIPT), ("R55c", {**_SCRIPT, "/etc/init.d/ntp": "#!/bin/sh\n[ -x /usr/sbin/ntpd ] || exit 0\n/usr/sbin/ntpd\n"})]

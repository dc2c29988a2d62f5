# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest that has been used, to be generalized; and one that is only judged, of which reports are written."""

import os

from integration.interrupted.examination import Case
from unit.readiness.guest_tree import good_guest
from unit.trees import write_tree

USED = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nadmin:x:1000:1000::/home/admin:/bin/bash\n",
    "/etc/shadow": "root:$y$j9T$secret:20000:0:99999:7:::\nadmin:$6$other:20000:0:99999:7:::\n",
    "/etc/hostname": "build7\n",
    "/etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "/etc/ssh/ssh_host_rsa_key": "key",
    "/etc/ssh/sshd_config": "Port 22\n",
    "/etc/resolv.conf": "nameserver 192.0.2.1\n",
    "/root/.bash_history": "ls\n",
    "/root/.ansible/tmp/x": "",
    "/home/admin/.ssh/authorized_keys": "ssh-ed25519 AAAA\n",
    "/var/lib/cloud/instance/x": "",
    "/var/lib/cloud/data/y": "",
    "/var/lib/dhcp/dhclient.leases": "",
    "/var/lib/systemd/random-seed": "seed",
    "/var/lib/waagent/ovf-env.xml": "",
    "/var/lib/dbus/machine-id": "0123",
    "/var/log/auth.log": "line\n",
    "/var/log/journal/0123/system.journal": "x",
    "/var/lib/imagewright/initrd-backup/6.1.0-28-amd64-0123456789abcdef.img": "image",
}


_ENDS = {".json": b"\n}\n", ".sarif": b"\n}\n", ".junit": b"</testsuites>\n", ".html": b"</html>\n"}


def generalize_case(name, **options):
    """Return the Case of guest_generalize with options; what it deletes is not put back."""

    def build(place):
        write_tree(place / "guest", USED)
        os.chmod(place / "guest/etc/shadow", 0o640)

    def arguments(place):
        return dict(options, root=str(place / "guest"))

    return Case(f"guest_generalize, {name}", "guest_generalize", build, arguments, undoes=False)


def reports_case():
    """Return the Case of readiness_info, which changes no guest, but writes its reports beside it."""

    def build(place):
        good_guest(place / "guest/root")

    def arguments(place):
        return {
            "root": str(place / "guest/root"),
            "rules": {"include": ["R12a", "R13a", "R20a"]},
            "reports": {kind: str(place / "guest" / f"report.{kind}") for kind in ("json", "junit", "html", "sarif")},
        }

    def normal(path, content):
        # they tell how long it took
        return b"whole" if content.endswith(_ENDS.get(os.path.splitext(path)[1], b"\0")) else content

    return Case("readiness_info, reports", "readiness_info", build, arguments, undoes=False, normal=normal, changes=False)


CASES = [reports_case(), generalize_case("accounts locked"), generalize_case("logs too", logs=True), generalize_case("accounts kept", accounts="keep")]

# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's openssl: it is there, and takes its configuration."""

import pytest
from unit.readiness.cases.path_provisioner import BY_AGENT_FILES
from unit.readiness.disks import GOOD_DISK, GOOD_IMAGE
from unit.readiness.guest_tree import ELF_X86_64, good_guest
from unit.readiness.test_rules import change

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import evaluate
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import agent_openssl

_CNF = "/etc/ssl/openssl.cnf"
_TEXT = "\ufeff# OpenSSL\nHOME\t= .\n.include /etc/ssl/own.d\n\n [ req ] # of requests\ndistinguished_name = name_of \\\n no assignment here\n[name_of]\n"


class WholeTree(LiveTree):
    """A guest's files, all of them."""

    has_own_root = True


@pytest.fixture
def judged(tmp_path):
    """Return a function: files to write -> Finding of R45c, in a guest that the agent provisions."""

    def judge(files, by_agent=True):
        guest = good_guest(tmp_path / "guest")
        change(guest, {**(BY_AGENT_FILES if by_agent else {}), "/usr/bin/openssl": ("program", ELF_X86_64), _CNF: _TEXT, **files})
        (found,) = evaluate(Context(WholeTree(str(guest)), GOOD_DISK, image=GOOD_IMAGE), [agent_openssl.certificate_can_be_made])
        return found

    return judge


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"/usr/bin/openssl": None}, ("/usr/bin/openssl", None)),
        ({"/usr/bin/openssl": "#!/usr/bin/gone\n"}, ("/usr/bin/openssl", None)),
        ({_CNF: ("link", "/etc/gone.cnf")}, (_CNF, None)),
        ({"/usr/lib/ssl/certs": ""}, ("/usr/lib/ssl/openssl.cnf", None)),  # Debian's looks there, and nowhere else
        ({"/etc/pki/tls/openssl.cnf": _TEXT + "oops\n"}, ("/etc/pki/tls/openssl.cnf", 9)),
        ({_CNF: _TEXT + "what is this\n"}, (_CNF, 9)),
        ({_CNF: "[ req\nname = value\n"}, (_CNF, 1)),
    ],
)
def test_without_openssl_or_its_configuration_the_agent_makes_no_certificate(judged, files, place):
    found = judged(files)
    assert (found.status, found.severity, (found.evidence[0].path, found.evidence[0].line)) == ("failed", "error", place)
    assert judged(files, by_agent=False).severity == "warning"


@pytest.mark.parametrize(
    "files",
    [
        {},
        {_CNF: ""},  # tried: a request with a subject of its own needs nothing of it
        {"/usr/lib/ssl/openssl.cnf": ("link", _CNF)},
        {"/usr/bin/openssl": None, "/etc/waagent.conf": BY_AGENT_FILES["/etc/waagent.conf"] + "OS.OpensslPath=/usr/bin/openssl11\n"},  # R45b asks
    ],
)
def test_openssl_with_a_configuration_that_it_takes_passes(judged, files):
    assert judged(files).status == "passed"

# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSSL: the agent's is there and takes its configuration, and sshd has algorithms."""

import pytest
from unit.readiness.cases.path_provisioner import BY_AGENT_FILES
from unit.readiness.disks import GOOD_DISK, GOOD_IMAGE
from unit.readiness.guest_tree import ELF_X86_64, good_guest
from unit.readiness.test_rules import change

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import evaluate
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import openssl

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
        (found,) = evaluate(Context(WholeTree(str(guest)), GOOD_DISK, image=GOOD_IMAGE), [openssl.certificate_can_be_made])
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


_LIBRARY = "/usr/lib/x86_64-linux-gnu/libcrypto.so.3"
_PROVIDERS = "openssl_conf = main\n[main]\nproviders = those\n[those]\n{}\n[on]\nactivate = 1\n[off]\nactivate = 0\n"


def algorithms(tmp_path, text, library=_LIBRARY):
    """Return (status, line) of R46p for a configuration."""
    guest = good_guest(tmp_path / "guest")
    change(guest, {_CNF: text, library: ""})
    (found,) = evaluate(Context(LiveTree(str(guest)), GOOD_DISK, image=GOOD_IMAGE), [openssl.openssl_has_algorithms])
    return found.status, found.evidence[0].line if found.evidence else None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (_PROVIDERS.format("legacy = on"), 5),
        (_PROVIDERS.format("legacy = on\ndefault = off"), 5),
        ("openssl_conf = main\n[main]\nalg_section = own\n[own]\ndefault_properties = fips=yes\n", 5),
    ],
)
def test_openssl_without_its_own_provider_has_no_random_numbers(tmp_path, text, line):
    assert algorithms(tmp_path, text) == ("failed", line)
    assert algorithms(tmp_path / "older", text, "/usr/lib/x86_64-linux-gnu/libcrypto.so.1.1")[0] == "not_applicable"


@pytest.mark.parametrize(
    "text",
    [
        _TEXT.replace(".include", "#"),
        _PROVIDERS.format("legacy = on\ndefault = on"),
        _PROVIDERS.format("legacy = off"),
        _PROVIDERS.format("legacy = on").replace("openssl_conf", "other_conf"),  # nobody reads it
        _PROVIDERS.format("fips = on\nbase = on") + "[main]\nalg_section = own\n[own]\ndefault_properties = fips=yes\n",
    ],
)
def test_openssl_with_default_or_fips_has_algorithms(tmp_path, text):
    assert algorithms(tmp_path, text)[0] == "passed"

# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent from its source archive, that of Debian's source package: installed, enabled, not started, and configured."""

import base64
import json

import pytest

pytestmark = pytest.mark.slow

SOURCES = "deb-src {} trixie main\n"
PROGRAM = """
import json
from azurelinuxagent.common import conf, version
conf.load_conf_from_file('/etc/waagent.conf')
print(json.dumps([version.AGENT_VERSION, conf.get_provisioning_agent(), conf.get_resourcedisk_swap_size_mb()]))
"""


@pytest.fixture(scope="module")
def archive(suite_guest, tmp_path_factory):
    """A release of WALinuxAgent on the controller, as Debian keeps it."""
    mirror = suite_guest.output("cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -om1 'https\\?://[^ ]*/debian/\\?'")
    suite_guest.write("/tmp/source/source.list", SOURCES.format(mirror))
    options = (
        "-o Dir::Etc::sourcelist=/tmp/source/source.list -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists=/tmp/source/lists"
        " -o Acquire::Check-Valid-Until=false -o Acquire::AllowInsecureRepositories=true"
    )
    suite_guest.run(
        f"mkdir -p /tmp/source/lists/partial && cd /tmp/source && apt-get {options} -qq update && "
        f"apt-get {options} -qq source --allow-unauthenticated --download-only waagent; ls /tmp/source/waagent_*.orig.tar.gz"
    )
    path = tmp_path_factory.mktemp("source") / "WALinuxAgent.tar.gz"
    path.write_bytes(base64.b64decode(suite_guest.output("base64 /tmp/source/waagent_*.orig.tar.gz")))
    return str(path)


def test_it_is_installed_enabled_and_not_started(suite_guest, archive):
    suite_guest.run("apt-get update -qq")
    variables = {"guest_agent_source": archive, "guest_agent_swap_mb": 512}
    predicted = suite_guest.role("guest_agent", variables, check=True)
    assert not suite_guest.exists("/usr/sbin/waagent")
    first = suite_guest.role("guest_agent", variables)
    second = suite_guest.role("guest_agent", variables)

    assert not (predicted.failed or first.failed or second.failed), predicted.output + first.output + second.output
    assert [task.replace(" (check mode)", "") for task in predicted.changed_tasks()] == first.changed_tasks() and second.changed_tasks() == []
    version, provisioner, swap = json.loads(suite_guest.output(["python3", "-c", PROGRAM]))
    assert version.startswith("2.") and (provisioner, swap) == ("auto", 512)
    assert suite_guest.output("systemctl is-enabled waagent") == "enabled"
    assert suite_guest.run("systemctl is-active waagent", check=False).stdout.strip() == "inactive"
    assert suite_guest.run("waagent -version").returncode == 0


def test_an_archive_that_is_not_there_is_an_error_with_the_cure(suite_guest):
    suite_guest.run("rm -rf /usr/sbin/waagent /usr/local/src/waagent")
    play = suite_guest.role("guest_agent", {"guest_agent_source": "/nowhere/WALinuxAgent.tar.gz"})

    (message,) = [text for text in play.failed_tasks() if "Say what to give" in text]
    assert "from /nowhere/WALinuxAgent.tar.gz" in message and "set guest_agent_source to a .tar.gz of WALinuxAgent" in message

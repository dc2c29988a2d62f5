# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""We read chrony's files as the guest's chronyd does, and what it does not take is said before anything is written."""

import random

import pytest
from unit.trees import write_tree

from ansible_collections.imagewright.azure.plugins.module_utils.chrony import chrony_conf
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

CONF, OWN = "/etc/chrony/chrony.conf", "/etc/chrony/conf.d/own.conf"

#: %d becomes a number; chronyd prints all of them without looking whether clocks and servers are there.
LINES = [
    "makestep %d -1",
    "MakeStep  %d\t3",
    "  refclock PHC /dev/ptp%d poll 2\r",
    "refclock PHC /dev/ptp_hyperv:nocrossts",
    "refclock SHM %d",
    "server 192.0.2.%d",
    "#makestep %d 1",
    "! makestep %d 1",
    ";",
    "%%",
    "",
    "rtcsync",
    "sourcedir /run/chrony-dhcp",
]
NAMING = [
    "confdir {0}/d",
    "confdir {0}/e {0}/d",
    "CONFDIR {0}/none {0}/e",
    "include {0}/d/*",
    "include {0}/e/a.conf",
    "include {0}/none*",
    "include {0}/d/[ab].conf",
]
NAMES = ["d/a.conf", "d/b.conf", "e/a.conf", "e/c.conf", "d/a.sources", "d/.h.conf", "e/d.conf.off"]


@pytest.fixture(scope="module")
def timed(fresh_guest):
    """A guest with chrony."""
    fresh_guest.run("apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chrony")
    return fresh_guest


def file(chooser, lines):
    """Return the text of a file of up to six lines."""
    text = "\n".join(chooser.choice(lines).replace("%d", str(chooser.randint(0, 9))) for _unused in range(chooser.randint(0, 6)))
    return text + "\n" * chooser.randint(0, 1)


def test_lines_are_read_as_chronyd_prints_them(timed, tmp_path):
    chooser, folders = random.Random(55), [f"/etc/chrony/case{number}" for number in range(60)]
    files = {}
    for folder in folders:
        # e names all, and only chrony.conf names e's, so that none names itself
        files[f"{folder}/main"] = file(chooser, LINES + [line.format(folder) for line in NAMING]) + f"\nconfdir {folder}/e\n"
        files.update({f"{folder}/{name}": file(chooser, LINES) for name in NAMES if chooser.random() < 0.8 or name == "e/a.conf"})
    write_tree(tmp_path, files)
    timed.run(
        "sh -s",
        stdin="".join(f"mkdir -p {folder}/d {folder}/e\n" for folder in folders)
        + "".join(f"cat > {path} <<'END-OF-FILE'\n{text}\nEND-OF-FILE\n" for path, text in files.items()),
    )

    printed = timed.output('for n in $(seq 0 59); do echo "== $n"; chronyd -p -f /etc/chrony/case$n/main || echo failed $n; done').split("== ")[1:]

    assert len(printed) == 60 and "failed" not in "".join(printed)
    for folder, told in zip(folders, printed):
        ours = [line.words for line in chrony_conf.lines(LiveTree(str(tmp_path)), f"{folder}/main") if line.words[0].lower() not in ("include", "confdir")]
        assert ours == [tuple(line.split()) for line in told.splitlines()[1:]], folder


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("rtcsink", "chronyd does not take 'rtcsink': Invalid directive"),
        ("include /etc/none", "chronyd does not take 'include /etc/none': there is no /etc/none"),
    ],
)
def test_a_broken_line_is_named_before_anything_is_written(timed, line, cause):
    text = f"refclock PHC /dev/ptp_kvm\n# mine\n{line}\n"
    timed.write(OWN, text)
    try:
        results = [timed.module("chrony_clock", check=True), timed.module("chrony_clock")]
        assert all(result["failed"] and f"cannot have chrony read {OWN} line 3: {cause}; correct it first" in result["msg"] for result in results), results
        assert timed.read(OWN) == text and not timed.exists("/etc/udev/rules.d/99-ptp_hyperv.rules")
    finally:
        timed.run(["rm", OWN])


def test_a_clock_with_an_option_that_chronyd_does_not_know_is_refused(timed):
    result = timed.module("chrony_clock", refclock="refclock PHC /dev/ptp_hyperv pol 3", check=True)
    assert result["failed"] and "does not take 'refclock PHC /dev/ptp_hyperv pol 3': Invalid refclock option" in result["msg"]


def test_a_broken_line_that_is_replaced_is_no_obstacle(timed):
    timed.write(OWN, "refclock PHC /dev/ptp_kvm pol\nmakestep 1\n")

    assert not timed.module("chrony_clock")["failed"]

    told = timed.output("chronyd -p").splitlines()
    assert [line for line in told if line.startswith(("refclock", "makestep"))] == [
        "makestep 1.0 -1",
        "refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2",
    ]
    assert not timed.module("chrony_clock")["changed"]

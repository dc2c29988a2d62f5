# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""modprobe.d: what bans a module, and how the bans are lifted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagewright.azure.plugins.module_utils.kernel import modprobe
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree


@pytest.mark.parametrize(
    "text",
    [
        "blacklist udf\n",
        "  blacklist\tudf # x\n",
        "install udf /bin/true\n",
        "install udf /bin/false",
        "install udf /usr/bin/logger no\n",
        "alias udf off\n",
        "alias fs-udf off\n",
        "alias fs-* something\n",
        "install ud* /bin/false\n",
        "install \\\n udf \\\n /bin/false\n",
        "# x\\\n y\nblacklist udf\n",
    ],
)
def test_a_line_that_bans_the_module_is_found(text):
    assert len(modprobe.banning_lines(text, "udf")) == 1
    assert modprobe.banning_lines(modprobe.without(text, ["udf"]), "udf") == []


@pytest.mark.parametrize(
    "text",
    [
        "#blacklist udf\n",
        "# install udf /bin/false\n",
        "# x \\\nblacklist udf\n",
        "blacklist udf2\n",
        "options udf x=1\n",
        "softdep udf pre: x\n",
        "install udf /sbin/modprobe --ignore-install udf\n",
        "alias fs-udf udf\n",
        "alias fs-udf2 off\n",
        "alias net-pf-10 off\n",
        "alias vmbus:* off\n",
        "blacklist ud*\n",
        "blacklist\n",
        "",
    ],
)
def test_a_line_that_does_not_ban_the_module_stays(text):
    assert modprobe.banning_lines(text, "udf") == []
    assert modprobe.without(text, ["udf"]) == text


def test_dash_and_underscore_are_one():
    assert modprobe.banning_lines("blacklist pci-hyperv\n", "pci_hyperv") == [(1, 1, "blacklist pci-hyperv", "pci_hyperv")]


def test_every_line_of_a_continued_ban_becomes_a_comment():
    assert modprobe.without("a b\ninstall udf \\\n /bin/false\nc d\n", ["udf"]) == "a b\n# install udf \\\n#  /bin/false\nc d\n"


def write(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def test_a_file_hides_those_of_its_name_further_down(tmp_path):
    write(tmp_path, "usr/lib/modprobe.d/a.conf", "blacklist udf\n")
    write(tmp_path, "usr/lib/modprobe.d/b.conf", "blacklist udf\n")
    write(tmp_path, "usr/lib/modprobe.d/c.conf", "blacklist udf\n")
    write(tmp_path, "usr/lib/modprobe.d/c.txt", "blacklist udf\n")
    write(tmp_path, "etc/modprobe.d/a.conf", "# nothing\n")
    (tmp_path / "etc/modprobe.d/b.conf").symlink_to("/dev/null")
    assert [ban.path for ban in modprobe.bans(LiveTree(str(tmp_path)), "udf")] == ["/usr/lib/modprobe.d/c.conf"]


def test_the_module_edits_the_administrators_files_and_hides_those_of_packages(tmp_path, run_module):
    write(tmp_path, "etc/modprobe.d/cis.conf", "options x y=1\ninstall udf /bin/false\nblacklist udf\n")
    write(tmp_path, "usr/lib/modprobe.d/hardening.conf", "blacklist vfat\noptions z\n")
    result = run_module("modprobe_allow", root=tmp_path)
    assert [(ban["path"], ban["line"], ban["module"]) for ban in result["bans"]] == [
        ("/etc/modprobe.d/cis.conf", 2, "udf"),
        ("/etc/modprobe.d/cis.conf", 3, "udf"),
        ("/usr/lib/modprobe.d/hardening.conf", 1, "vfat"),
    ]
    assert (tmp_path / "etc/modprobe.d/cis.conf").read_text() == "options x y=1\n# install udf /bin/false\n# blacklist udf\n"
    assert result["overrides"] == ["/etc/modprobe.d/hardening.conf"]
    assert (tmp_path / "etc/modprobe.d/hardening.conf").read_text() == "# blacklist vfat\noptions z\n"
    assert (tmp_path / "usr/lib/modprobe.d/hardening.conf").read_text() == "blacklist vfat\noptions z\n"
    assert not run_module("modprobe_allow", root=tmp_path)["changed"]


def test_what_azure_needs_to_boot_and_provision_is_allowed_without_naming_it(tmp_path, run_module):
    write(tmp_path, "etc/modprobe.d/x.conf", "install cdrom /bin/true\nblacklist hv-storvsc\nblacklist pcspkr\n")
    assert [ban["module"] for ban in run_module("modprobe_allow", root=tmp_path)["bans"]] == ["cdrom", "hv_storvsc"]
    assert (tmp_path / "etc/modprobe.d/x.conf").read_text() == "# install cdrom /bin/true\n# blacklist hv-storvsc\nblacklist pcspkr\n"


def test_the_module_refuses_what_is_no_modules_name(tmp_path, run_module):
    result = run_module("modprobe_allow", root=tmp_path, modules=["a b"])
    assert result["failed"] and "'a b'" in result["msg"]


@given(
    st.lists(st.sampled_from(["blacklist", "install", "alias", " ", "udf", "vfat", "/bin/false", "off", "\\\n", "\n", "#", "\udcff"]), max_size=30).map("".join)
)
def test_lifting_bans_in_any_text_lifts_them_and_keeps_the_rest(text):
    after = modprobe.without(text, ["udf"])
    assert modprobe.banning_lines(after, "udf") == []
    assert modprobe.without(after, ["udf"]) == after
    assert [line for line in after.split("\n") if not line.startswith("# ")] == [
        old for old, new in zip(text.split("\n"), after.split("\n")) if not new.startswith("# ")
    ]


@pytest.mark.parametrize("line", ["alias vmbus:* off", "alias vmbus:635161f83edfc546913ff2d2f965ed0e* other", "alias hv-netvsc off", "alias hv_* dummy"])
def test_an_alias_that_stands_before_that_of_the_module_bans_it(line):
    # seen of modprobe 30: what udev asks for is looked up in modprobe.d before modules.alias
    assert [text for _first, _last, text, _module in modprobe.banning_lines(line + "\n", "hv_netvsc")] == [line]


@pytest.mark.parametrize("line", ["alias vmbus:d963* off", "alias eth0 hv_netvsc", "alias iso9660 isofs", "alias scsi_hostadapter off"])
def test_an_alias_of_something_else_does_not(line):
    assert modprobe.banning_lines(line + "\n", "hv_netvsc") == [] and modprobe.banning_lines(line + "\n", "iso9660") == []

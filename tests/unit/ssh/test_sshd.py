# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sshd_config: which line takes effect, and the module that makes one take effect. Expected values are those of `sshd -T` 9.2."""

import pathlib
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd, sshd_config, sshd_options
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

OPTION = {"ClientAliveInterval": 180}


def guest(root, main, **drop_ins):
    """Write an /etc/ssh with a main file and drop-ins, and return the root."""
    (root / "etc/ssh/sshd_config.d").mkdir(parents=True)
    (root / "etc/ssh/sshd_config").write_text(main)
    for name, text in drop_ins.items():
        (root / f"etc/ssh/sshd_config.d/{name}.conf").write_text(text)
    return root


@pytest.mark.parametrize(
    "main, value",
    [
        ("ClientAliveInterval 9\nClientAliveInterval 10\n", "9"),
        ("clientaliveinterval=7\n", "7"),
        (" \tClientAliveInterval\t=\t11\n", "11"),
        ('ClientAliveInterval "8" # x\n', "8"),
        ("ClientAliveInterval '8'\n", "8"),
        ('"ClientAliveInterval" 4\n', "4"),
        ("ClientAliveInterval 5\r\n", "5"),
        ("#ClientAliveInterval 5\n", None),
        ("Match user bob\nClientAliveInterval 5\n", None),
        ("Match all\nClientAliveInterval 5\n", "5"),
        ("match ALL\nClientAliveInterval 5\n", "5"),
        ("Match all\nMatch user bob\nClientAliveInterval 5\n", None),
        ("Include /etc/ssh/sshd_config.d/*.conf\nClientAliveInterval 20\n", "31"),
        ("Include sshd_config.d/*.conf\n", "31"),
        ("ClientAliveInterval 20\nInclude /etc/ssh/sshd_config.d/*.conf\n", "31"),
        ("ClientAliveInterval 20\nInclude /etc/ssh/sshd_config.d/b.conf\nClientAliveInterval 21\n", "20"),
        ("ClientAliveInterval 20\nMatch all\nClientAliveInterval 21\nClientAliveInterval 22\n", "21"),
        ("Match user bob\nInclude /etc/ssh/sshd_config.d/*.conf\n", None),
        ("Match user bob\nInclude /etc/ssh/sshd_config.d/*.conf\nMatch all\nClientAliveInterval 22\n", "22"),
        ("Include /etc/ssh/sshd_config.d/b.conf\nClientAliveInterval 24\n", "24"),
        ('Include /nowhere "/etc/ssh/sshd_config.d/a.conf"\n', "31"),
        ("", None),
    ],
)
def test_the_line_that_takes_effect_is_the_one_of_sshd(tmp_path, main, value):
    root = guest(tmp_path, main, a="Match user x\nClientAliveInterval 30\nMatch all\nClientAliveInterval 31\n", b="Match user x\nLogLevel DEBUG\n")
    assert sshd_config.effective(LiveTree(str(root)), "ClientAliveInterval")[0] == value


def test_the_line_is_named(tmp_path):
    root = guest(tmp_path, "Include /etc/ssh/sshd_config.d/*.conf\n", z="\nPermitRootLogin no\n")
    assert sshd_config.effective(LiveTree(str(root)), "permitrootlogin") == ("no", "/etc/ssh/sshd_config.d/z.conf", 2)
    assert sshd_config.effective(LiveTree(str(root)), "UseDNS", "no") == ("no", None, None)


def test_files_that_include_each_other_are_an_error(tmp_path, run_module):
    root = guest(tmp_path, "Include /etc/ssh/sshd_config.d/*.conf\n", a="Include /etc/ssh/sshd_config\n")
    result = run_module("sshd_options", root=root, options=OPTION)
    assert result["failed"] and "/etc/ssh/sshd_config.d/a.conf" in result["msg"]


@pytest.mark.parametrize(
    "before, after",
    [
        ("UseDNS no\nClientAliveInterval 0\n", "UseDNS no\nClientAliveInterval 180\n"),
        ("#ClientAliveInterval 0\nUseDNS no\n", "ClientAliveInterval 180\nUseDNS no\n"),
        ("UseDNS no", "UseDNS no\nClientAliveInterval 180\n"),
        ("UseDNS no\r\n", "UseDNS no\r\nClientAliveInterval 180\r\n"),
        ("Match user bob\nClientAliveInterval 5\n", "ClientAliveInterval 180\nMatch user bob\nClientAliveInterval 5\n"),
        ("Match user bob\n# ClientAliveInterval 5\n", "ClientAliveInterval 180\nMatch user bob\n# ClientAliveInterval 5\n"),
        ("# ClientAliveInterval is good\n", "# ClientAliveInterval is good\nClientAliveInterval 180\n"),
        ("", "ClientAliveInterval 180\n"),
    ],
)
def test_without_include_the_main_file_gets_the_option_before_any_match(tmp_path, run_module, before, after):
    root = guest(tmp_path, before)
    result = run_module("sshd_options", root=root, options=OPTION)
    assert result["path"] == "/etc/ssh/sshd_config" and result["after"] == {"ClientAliveInterval": "180"}
    assert (root / "etc/ssh/sshd_config").read_bytes().decode() == after
    assert not run_module("sshd_options", root=root, options=OPTION)["changed"]


def test_with_include_the_option_goes_to_a_drop_in_and_wins_over_the_others(tmp_path, run_module):
    main = "Include /etc/ssh/sshd_config.d/*.conf\nClientAliveInterval 3\n"
    root = guest(tmp_path, main, **{"00-aaa": "UseDNS no\nClientAliveInterval 420\n", "50-cloud-init": "ClientAliveInterval 5\n"})
    predicted = run_module("sshd_options", root=root, options=OPTION, check=True)
    assert not (root / "etc/ssh/sshd_config.d/00-azure.conf").exists()
    result = run_module("sshd_options", root=root, options=OPTION)
    assert {key: predicted[key] for key in ("diff", "commented", "after")} == {key: result[key] for key in ("diff", "commented", "after")}
    assert (root / "etc/ssh/sshd_config.d/00-azure.conf").read_text() == "ClientAliveInterval 180\n"
    assert (root / "etc/ssh/sshd_config.d/00-aaa.conf").read_text() == "UseDNS no\n# ClientAliveInterval 420\n"
    assert (root / "etc/ssh/sshd_config").read_text() == main
    assert result["commented"] == [{"path": "/etc/ssh/sshd_config.d/00-aaa.conf", "line": 2, "text": "ClientAliveInterval 420"}]
    assert result["before"] == {"ClientAliveInterval": "420"}
    assert not run_module("sshd_options", root=root, options=OPTION)["changed"]


def test_a_line_before_the_include_is_commented(tmp_path, run_module):
    root = guest(tmp_path, "ClientAliveInterval 3\nInclude /etc/ssh/sshd_config.d/*.conf\n")
    run_module("sshd_options", root=root, options=OPTION)
    assert (root / "etc/ssh/sshd_config").read_text() == "# ClientAliveInterval 3\nInclude /etc/ssh/sshd_config.d/*.conf\n"
    assert sshd_config.effective(LiveTree(str(root)), "ClientAliveInterval")[0] == "180"


@pytest.mark.parametrize(
    "pattern, included",
    [
        ("/etc/ssh/sshd_config.d/*.conf", True),
        ("sshd_config.d/*", True),
        ("sshd_config.d/[0-9]*.conf", True),
        ("/etc/ssh/*/00-*.conf", True),
        ("/etc/ssh/*.conf", False),
        ("/etc/ssh/sshd_config.d/5*.conf", False),
        ("/etc/ssh/sshd_config.d/[.conf", False),
    ],
)
def test_the_drop_in_is_used_only_where_an_include_reaches_it(tmp_path, run_module, pattern, included):
    root = guest(tmp_path, f"Include {pattern}\n")
    path = run_module("sshd_options", root=root, options=OPTION)["path"]
    assert path == ("/etc/ssh/sshd_config.d/00-azure.conf" if included else "/etc/ssh/sshd_config")


def test_a_line_behind_match_all_is_commented_because_it_wins(tmp_path, run_module):
    root = guest(tmp_path, "ClientAliveInterval 3\nMatch user bob\nClientAliveInterval 4\nMatch all\nClientAliveInterval 5\n")
    result = run_module("sshd_options", root=root, options=OPTION)
    assert (root / "etc/ssh/sshd_config").read_text() == "ClientAliveInterval 180\nMatch user bob\nClientAliveInterval 4\nMatch all\n# ClientAliveInterval 5\n"
    assert result["commented"] == [{"path": "/etc/ssh/sshd_config", "line": 5, "text": "ClientAliveInterval 5"}]


def test_an_option_that_holds_already_is_not_touched(tmp_path, run_module):
    root = guest(tmp_path, "ClientAliveInterval 3m\n")
    result = run_module("sshd_options", root=root, options={"clientaliveinterval": 180})
    assert not result["changed"] and result["after"] == {"ClientAliveInterval": "3m"}


def test_suses_vendor_file_stays_and_its_drop_in_directory_is_used(tmp_path, run_module):
    vendor = "Include /etc/ssh/sshd_config.d/*.conf\nInclude /usr/etc/ssh/sshd_config.d/*.conf\nUseDNS no\n"
    (tmp_path / "usr/etc/ssh").mkdir(parents=True)
    (tmp_path / "usr/etc/ssh/sshd_config").write_text(vendor)
    assert not run_module("sshd_options", root=tmp_path, options=OPTION)["failed"]
    assert (tmp_path / "etc/ssh/sshd_config.d/00-azure.conf").read_text() == "ClientAliveInterval 180\n"
    assert (tmp_path / "usr/etc/ssh/sshd_config").read_text() == vendor


def test_a_vendor_line_that_wins_is_an_error(tmp_path, run_module):
    (tmp_path / "usr/etc/ssh").mkdir(parents=True)
    (tmp_path / "usr/etc/ssh/sshd_config").write_text("ClientAliveInterval 0\nInclude /etc/ssh/sshd_config.d/*.conf\n")
    result = run_module("sshd_options", root=tmp_path, options=OPTION)
    assert result["failed"] and "/usr/etc/ssh/sshd_config line 1" in result["msg"]
    assert not (tmp_path / "etc").exists()


@pytest.mark.parametrize(
    "options, words",
    [
        ({"ClientAliveIntervall": 180}, "did you mean ClientAliveInterval?"),
        ({"Port": 22}, "lines add up"),
        ({"ClientAliveInterval": "180\nUseDNS no"}, "one line"),
        ({"ClientAliveInterval": None}, "one line"),
        ({"ClientAliveInterval": ""}, "one line"),
        ({"ClientAliveInterval": ["1"]}, "one line"),
    ],
)
def test_a_wrong_option_is_refused(tmp_path, run_module, options, words):
    root = guest(tmp_path, "UseDNS no\n")
    result = run_module("sshd_options", root=root, options=options)
    assert result["failed"] and words in result["msg"]
    assert (root / "etc/ssh/sshd_config").read_text() == "UseDNS no\n"


def test_a_guest_without_ssh_server_is_an_error(tmp_path, run_module):
    result = run_module("sshd_options", root=tmp_path, options=OPTION)
    assert result["failed"] and "install the SSH server first" in result["msg"]


def test_an_old_sshd_that_wants_a_connection_named_is_given_one(monkeypatch):
    asked = []

    def run(argv, doing, accept=()):
        asked.append(argv)
        if "-C" not in argv:
            return commands.Completed(argv, 255, "", "'Match User' in configuration but 'user' not in connection test specification.")
        return commands.Completed(argv, 0, "port 22\nclientaliveinterval 180\n", "")

    monkeypatch.setattr(commands, "run", run)
    monkeypatch.setattr(commands, "find", lambda name, root="/": "/usr/sbin/sshd")
    monkeypatch.setattr(sshd, "_make_runtime_directory", lambda: False)
    assert sshd.effective_options("/etc/ssh/sshd_config")["clientaliveinterval"] == "180"
    assert len(asked) == 2


@pytest.mark.parametrize("keyword", ["clientaliveinterval", "ClientAliveInterval"])
def test_a_keyword_is_found_whether_sshd_writes_it_as_9_2_or_as_10_6(monkeypatch, keyword):
    monkeypatch.setattr(commands, "run", lambda argv, doing, accept=(): commands.Completed(argv, 0, f"Port 22\n{keyword} 0\n", ""))
    monkeypatch.setattr(commands, "find", lambda name, root="/": "/usr/sbin/sshd")
    monkeypatch.setattr(sshd, "_make_runtime_directory", lambda: False)
    actual = sshd.effective_options("/etc/ssh/sshd_config")
    assert actual == {"port": "22", "clientaliveinterval": "0"}
    with pytest.raises(ImagewrightError, match="sshd -T reads '0' after the change, not '180'"):
        sshd_options._check_sshd(actual, {"clientaliveinterval": "180"}, {"ClientAliveInterval": "180"})


@given(
    st.lists(st.sampled_from(["ClientAliveInterval", " ", "=", "5", "\n", "#", "Match", "user x", "all", '"', "UseDNS no", "\r", "\udcff"]), max_size=25).map(
        "".join
    )
)
def test_in_any_text_the_option_is_found_where_it_was_put(text):
    after = sshd_config.with_option(text, "ClientAliveInterval", "180")
    assert sshd_config.with_option(after, "ClientAliveInterval", "180") == after
    with tempfile.TemporaryDirectory() as folder:
        root = guest(pathlib.Path(folder), "")
        (root / "etc/ssh/sshd_config").write_bytes(after.encode("utf-8", "surrogateescape"))
        found = [setting for setting in sshd_config.settings(LiveTree(folder)) if setting.scope == sshd_config.GLOBAL]
        assert sshd_config.effective_of(found, "ClientAliveInterval")[0] == "180"

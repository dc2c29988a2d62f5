# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module on recorded trees: what it takes out where, and what it refuses. visudo itself is asked in tests/integration/sudoers."""

import os

import pytest

PAIR = "Defaults targetpw\nALL ALL=(ALL) ALL\n"
WAY_IN = "bob ALL=(ALL) ALL\n"


@pytest.fixture
def clean(tmp_path, run_module):
    """Return a function that runs the module without visudo on the files of a guest, {path: text}."""

    def run(files, **arguments):
        for path, text in files.items():
            file = tmp_path / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        result = run_module("sudoers_clean", root=tmp_path, **dict({"validate": False}, **arguments))
        if result["failed"]:
            assert {path: (tmp_path / path.lstrip("/")).read_text() for path in files} == files
        return result

    return run


def read(root, path):
    return (root / path.lstrip("/")).read_text()


def test_the_whole_include_tree_is_cleaned(clean, tmp_path):
    result = clean(
        {
            "/etc/sudoers": "#include /etc/more\n@includedir /etc/sudoers.d\n",
            "/etc/more": PAIR,
            "/etc/sudoers.d/10-x": "Defaults targetpw\n",
            "/etc/sudoers.d/README.txt": PAIR,
            "/etc/sudoers.d/20-x~": PAIR,
            "/etc/sudoers.d/admins": WAY_IN,
        }
    )
    assert [(match["path"], match["line"], match["rule"]) for match in result["matches"]] == [
        ("/etc/more", 1, "targetpw"),
        ("/etc/more", 2, "all_all"),
        ("/etc/sudoers.d/10-x", 1, "targetpw"),
    ]
    assert read(tmp_path, "/etc/more") == "# Defaults targetpw\n# ALL ALL=(ALL) ALL\n"
    assert read(tmp_path, "/etc/sudoers.d/README.txt") == PAIR


def test_a_file_that_is_included_twice_is_cleaned_once(clean, tmp_path):
    result = clean({"/etc/sudoers": "@include /etc/more\n@include /etc/more\n" + WAY_IN, "/etc/more": PAIR})
    assert len(result["matches"]) == 2
    assert read(tmp_path, "/etc/more") == "# Defaults targetpw\n# ALL ALL=(ALL) ALL\n"


def test_included_files_stay_when_asked(clean, tmp_path):
    result = clean({"/etc/sudoers": PAIR + "@include /etc/more\n" + WAY_IN, "/etc/more": "Defaults targetpw\n"}, follow_includes=False)
    assert [match["path"] for match in result["matches"]] == ["/etc/sudoers"] * 2
    assert read(tmp_path, "/etc/more") == "Defaults targetpw\n"
    assert "Defaults targetpw is on" in str(result["warnings"])


def test_permissions_of_the_files_are_kept(clean, tmp_path):
    clean({"/etc/sudoers": "root ALL=(ALL) ALL\n"})
    os.chmod(tmp_path / "etc/sudoers", 0o440)
    (tmp_path / "etc/sudoers").write_text(PAIR + WAY_IN)
    clean({}, method="remove")
    assert (tmp_path / "etc/sudoers").stat().st_mode & 0o777 == 0o440
    assert read(tmp_path, "/etc/sudoers") == WAY_IN


def test_a_backup_has_a_name_that_sudo_does_not_read(clean, tmp_path):
    [backup] = clean({"/etc/sudoers": "@includedir /etc/sudoers.d\n" + WAY_IN, "/etc/sudoers.d/pair": PAIR}, backup=True)["backup_files"]
    assert backup.startswith(str(tmp_path / "etc/sudoers.d/pair.")) and backup.endswith("~")
    assert clean({})["matches"] == []


def test_targetpw_alone_is_not_taken_out(clean):
    result = clean({"/etc/sudoers": PAIR + WAY_IN}, rules=["targetpw"])
    assert result["failed"] and "/etc/sudoers line 2" in result["msg"] and "every user become root" in result["msg"]


def test_the_rule_alone_may_be_taken_out(clean, tmp_path):
    assert not clean({"/etc/sudoers": PAIR + WAY_IN}, rules=["all_all"])["failed"]
    assert read(tmp_path, "/etc/sudoers") == "Defaults targetpw\n# ALL ALL=(ALL) ALL\n" + WAY_IN


@pytest.mark.parametrize(
    "rule",
    [
        "ALL ALL=(ALL:ALL) ALL\n",
        "ALL, bob ALL=(ALL) ALL\n",
        "User_Alias EVERYBODY = ALL\nEVERYBODY ALL=(ALL) ALL\n",
        "Cmnd_Alias EVERYTHING = ALL\nALL ALL=EVERYTHING\n",
        "ALL ALL=(root) PASSWD: ALL\n",
        "ALL web=(ALL) /bin/ls, ALL\n",
    ],
)
def test_another_rule_that_would_make_everybody_root_is_found(clean, rule):
    result = clean({"/etc/sudoers": PAIR + WAY_IN, "/etc/empty": ""}, allow_lockout=True)
    assert not result["failed"]
    result = clean({"/etc/sudoers": PAIR + rule}, allow_lockout=True)
    assert result["failed"] and f"/etc/sudoers line {2 + rule.count(chr(10))}" in result["msg"]


@pytest.mark.parametrize(
    "rule",
    [
        "ALL ALL=(bob) ALL\n",
        "ALL ALL=(ALL) /bin/ls\n",
        "ALL ALL=(ALL) NOPASSWD: ALL\n",
        "ALL ALL=(ALL:ALL) ALL\nALL ALL=(ALL) !ALL\n",
        "!ALL ALL=(ALL) ALL\n",
        "Defaults>root rootpw\nALL ALL=(ALL:ALL) ALL\n",
        "ALL ALL=(:wheel) ALL\n",
    ],
)
def test_a_rule_that_changes_nothing_for_everybody_is_no_obstacle(clean, rule):
    assert not clean({"/etc/sudoers": PAIR + rule}, allow_lockout=True)["failed"]


@pytest.mark.parametrize(
    "files",
    [
        {"/etc/sudoers": PAIR + "root ALL=(ALL) ALL\n"},
        {"/etc/sudoers": PAIR + "bob ALL=(ALL) /bin/ls\n"},
        {"/etc/sudoers": PAIR + "bob ALL=(ALL) !ALL\n"},
        {"/etc/sudoers": PAIR + "bob ALL=(eve) ALL\n"},
        {"/etc/sudoers": PAIR + "%wheel ALL=(ALL) ALL\n", "/etc/group": "wheel:x:10:\n"},
        {"/etc/sudoers": PAIR + "%wheel ALL=(ALL) ALL\n", "/etc/group": "wheel:x:10:root\n"},
        {"/etc/sudoers": PAIR + "bob ALL=(ALL) ALL\nALL ALL=(ALL) !ALL\n"},
        {"/etc/sudoers": PAIR, "/etc/shadow": "root:!:19000:0:99999:7:::\n"},
        {"/etc/sudoers": PAIR, "/etc/shadow": "root:*LOCK*:14600::::::\n"},
        {"/etc/sudoers": PAIR, "/etc/shadow": "root:!$6$salt$hash:19000::::::\n"},
        {"/etc/sudoers": PAIR, "/root/.ssh/authorized_keys": 'command="echo no" ssh-rsa AAAA x\n# ssh-rsa AAAA\n'},
        {"/etc/sudoers": PAIR, "/root/.ssh/authorized_keys": "ssh-ed25519 AAAA x\n", "/etc/ssh/sshd_config": "PermitRootLogin no\n"},
    ],
)
def test_a_lockout_is_refused_unless_allowed(clean, files):
    result = clean(files)
    assert result["failed"] and "nobody could become root" in result["msg"] and "allow_lockout: true" in result["msg"]
    assert result["msg"].startswith("cannot take out /etc/sudoers line 2: ")
    assert clean({}, check=True)["failed"]
    assert not clean({}, allow_lockout=True)["failed"]


@pytest.mark.parametrize(
    "files",
    [
        {"/etc/sudoers": PAIR + WAY_IN},
        {"/etc/sudoers": PAIR + "bob, eve web, db = (root) NOPASSWD: SETENV: /bin/ls, ALL\n"},
        {"/etc/sudoers": PAIR + "bob web=/bin/ls : ALL=(ALL) ALL\n"},
        {"/etc/sudoers": PAIR + "bob ALL=(ALL) TIMEOUT=5 NOPASSWD:ALL\n"},
        {"/etc/sudoers": PAIR + "User_Alias A = eve, bob : B = carol\nB ALL = ALL\n"},
        {"/etc/sudoers": PAIR + "%wheel ALL=(ALL) ALL\n", "/etc/group": "wheel:x:10:bob\n"},
        {"/etc/sudoers": PAIR + "%wheel ALL=(ALL) ALL\n", "/etc/group": "wheel:x:10:\n", "/etc/passwd": "bob:x:1000:10::/home/bob:/bin/sh\n"},
        {"/etc/sudoers": PAIR + "%domain\\ admins ALL=(ALL) ALL\n", "/etc/group": "wheel:x:10:\n"},
        {"/etc/sudoers": PAIR + "#1000 ALL=(ALL) ALL\n", "/etc/passwd": "bob:x:1000:1000::/home/bob:/bin/sh\n"},
        {"/etc/sudoers": PAIR + "ALL ALL=(ALL) !ALL\nbob ALL=(ALL) ALL\n"},
        {"/etc/sudoers": PAIR + "@includedir /etc/sudoers.d\n", "/etc/sudoers.d/waagent": "azureuser ALL=(ALL) NOPASSWD: ALL\n"},
        {"/etc/sudoers": PAIR, "/etc/shadow": "root:$y$j9T$salt$hash:19000:0:99999:7:::\n"},
        {"/etc/sudoers": PAIR, "/root/.ssh/authorized_keys": "ssh-ed25519 AAAA x\n"},
        {"/etc/sudoers": PAIR, "/root/.ssh/authorized_keys": "ssh-ed25519 AAAA x\n", "/etc/ssh/sshd_config": "Match user bob\nPermitRootLogin no\n"},
    ],
)
def test_one_way_to_root_is_enough(clean, files):
    result = clean(files)
    assert not result["failed"] and result["changed"]


def test_the_vendors_file_is_copied_and_cleaned_there(clean, tmp_path):
    vendor = "@includedir /usr/etc/sudoers.d\n@includedir /etc/sudoers.d\n" + PAIR + WAY_IN
    result = clean({"/usr/etc/sudoers": vendor, "/etc/sudoers.d/x": "Defaults targetpw\n"})
    assert result["created"] == "/etc/sudoers"
    assert [match["path"] for match in result["matches"]] == ["/etc/sudoers.d/x", "/usr/etc/sudoers", "/usr/etc/sudoers"]
    assert read(tmp_path, "/usr/etc/sudoers") == vendor
    assert read(tmp_path, "/etc/sudoers") == vendor.replace("Defaults", "# Defaults").replace("ALL ALL", "# ALL ALL")
    assert (tmp_path / "etc/sudoers").stat().st_mode & 0o777 == 0o440
    assert not clean({})["changed"]


def test_a_vendors_file_without_the_pair_is_not_copied(clean, tmp_path):
    result = clean({"/usr/etc/sudoers": "@includedir /etc/sudoers.d\n" + WAY_IN, "/etc/sudoers.d/x": PAIR})
    assert result["created"] is None and not (tmp_path / "etc/sudoers").exists()


def test_a_vendors_drop_in_is_never_edited(clean):
    result = clean({"/usr/etc/sudoers": "@includedir /usr/etc/sudoers.d\n" + WAY_IN, "/usr/etc/sudoers.d/x": "\n" + PAIR})
    assert result["failed"] and "/usr/etc/sudoers.d/x line 2" in result["msg"]


def test_a_vendors_relative_include_stops_the_copy(clean):
    result = clean({"/usr/etc/sudoers": "@include more\n" + PAIR + WAY_IN, "/usr/etc/more": ""})
    assert result["failed"] and "line 1" in result["msg"] and "'more'" in result["msg"]


def test_a_missing_include_is_named(clean):
    result = clean({"/etc/sudoers": PAIR + "@include /etc/gone\n"})
    assert result["failed"] and "/etc/sudoers line 3" in result["msg"] and "/etc/gone" in result["msg"]


def test_files_that_include_each_other_are_named(clean):
    result = clean({"/etc/sudoers": "@include /etc/more\n", "/etc/more": "@include /etc/sudoers\n"})
    assert result["failed"] and "/etc/more includes it" in result["msg"]


def test_a_guest_without_sudo_has_nothing_to_clean(clean):
    result = clean({})
    assert not result["failed"] and not result["changed"] and result["matches"] == [] and result["main_file"] is None
    assert "warnings" not in result


@pytest.mark.parametrize(
    "files, words",
    [
        ({"/usr/bin/sudo": ""}, "sudo is there without /etc/sudoers and lets nobody in"),
        ({"/usr/bin/sudo": "", "/etc/sudoers-rs": WAY_IN}, "run this module with path: /etc/sudoers-rs"),
    ],
)
def test_a_guest_with_sudo_and_without_sudoers_is_warned_about(clean, files, words):
    result = clean(files)
    assert not result["failed"] and not result["changed"] and result["main_file"] is None
    assert words in str(result["warnings"])


@pytest.mark.parametrize("path", ["/etc/sudoers", "/usr/etc/sudoers"])
def test_the_file_that_sudo_starts_with_is_named(clean, path):
    assert clean({path: WAY_IN})["main_file"] == path


def test_a_wrong_path_is_an_error(clean):
    assert "there is no such file" in clean({"/etc/sudoers": PAIR}, path="/etc/sudores")["msg"]


def test_sudo_rs_reads_a_file_of_its_own(clean):
    assert "path: /etc/sudoers-rs" in str(clean({"/etc/sudoers": PAIR + WAY_IN, "/etc/sudoers-rs": WAY_IN})["warnings"])


@pytest.mark.parametrize(
    "entry, words",
    [
        ("Defaults>root runaspw\n", "Defaults runaspw is on in /etc/sudoers line 4"),
        ("User_Alias EVERYBODY = ALL\nDefaults:EVERYBODY targetpw\n", "Defaults targetpw is on in /etc/sudoers line 5"),
        ("Defaults:ALL, !bob targetpw\n", "Defaults targetpw is on in /etc/sudoers line 4"),
        ("Cmnd_Alias ANY = /bin/ls, ALL\nDefaults!ANY targetpw\nDefaults !targetpw\n", "Defaults targetpw is on in /etc/sudoers line 5"),
        ("ALL ALL=(ALL) NOPASSWD: ALL\n", "/etc/sudoers line 4 lets every user become root without a password"),
    ],
)
def test_what_else_is_wrong_is_warned_about(clean, entry, words):
    assert words in str(clean({"/etc/sudoers": PAIR + WAY_IN + entry})["warnings"])


@pytest.mark.parametrize(
    "entry",
    [
        "Defaults:bob targetpw\n",
        "Defaults:!ALL rootpw\n",
        "Defaults>eve targetpw\n",
        "Defaults!/bin/ls targetpw\n",
        "Defaults:ALL targetpw\nDefaults !targetpw\n",
    ],
)
def test_what_asks_only_some_for_another_password_is_no_cause_for_a_warning(clean, entry):
    assert "warnings" not in clean({"/etc/sudoers": WAY_IN + entry})


@pytest.mark.parametrize("option", ["rootpw", "runaspw"])
def test_what_asks_for_another_password_by_another_name_goes_with_the_pair(clean, tmp_path, option):
    result = clean({"/etc/sudoers": PAIR.replace("targetpw", option) + WAY_IN})
    assert [match["rule"] for match in result["matches"]] == ["targetpw", "all_all"]
    assert read(tmp_path, "/etc/sudoers") == f"# Defaults {option}\n# ALL ALL=(ALL) ALL\n" + WAY_IN


@pytest.mark.parametrize("later", ["Defaults !targetpw\n", "#includedir /etc/sudoers.d\n"])
def test_an_option_that_is_turned_off_later_stays_as_it_is(clean, tmp_path, later):
    text = "Defaults targetpw\n" + WAY_IN + later
    assert not clean({"/etc/sudoers": text, "/etc/sudoers.d/off": "Defaults !targetpw\n"})["changed"]
    assert read(tmp_path, "/etc/sudoers") == text


def test_an_option_that_is_turned_off_and_on_again_goes(clean, tmp_path):
    clean({"/etc/sudoers": "Defaults targetpw\nDefaults !targetpw\n" + PAIR + WAY_IN})
    assert read(tmp_path, "/etc/sudoers") == "# Defaults targetpw\nDefaults !targetpw\n# Defaults targetpw\n# ALL ALL=(ALL) ALL\n" + WAY_IN


@pytest.mark.parametrize("kind", [":", "@", ">", "!"])
def test_targetpw_for_all_is_the_same_as_for_everybody(clean, tmp_path, kind):
    pair = PAIR.replace("Defaults", f"Defaults{kind}ALL")
    assert "every user become root" in clean({"/etc/sudoers": pair + WAY_IN}, rules=["targetpw"])["msg"]
    assert [match["line"] for match in clean({})["matches"]] == [1, 2]
    assert read(tmp_path, "/etc/sudoers") == f"# Defaults{kind}ALL targetpw\n# ALL ALL=(ALL) ALL\n" + WAY_IN

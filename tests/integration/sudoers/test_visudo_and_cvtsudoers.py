# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sudo's own tools judge sudoers_clean: visudo accepts what it writes, cvtsudoers says that only the pair went."""

import json
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers

#: The two objects that may go, as cvtsudoers prints them.
TARGETPW = {"targetpw": True}
EVERYBODY = [{"username": "ALL"}]
#: What makes a Defaults entry one for everybody.
ALL = ([{"username": "ALL"}], [{"hostname": "ALL"}], [{"command": "ALL"}])
COMMANDS = [{"runasusers": [{"username": "ALL"}], "Options": [{"setenv": True}], "Commands": [{"command": "ALL"}]}]

SUSE = """\
## sudoers file.
Defaults always_set_home
Defaults secure_path="/usr/sbin:/usr/bin:/sbin:/bin"
Defaults env_reset
Defaults env_keep = "LANG LC_ADDRESS LC_CTYPE LC_COLLATE"
Defaults !insults
## In the default (unconfigured) configuration, sudo asks for the root password.
Defaults targetpw   # ask for the password of the target user i.e. root
ALL\tALL=(ALL) ALL   # WARNING! Only use this together with 'Defaults targetpw'!

## Same thing without a password
# %wheel ALL=(ALL) NOPASSWD: ALL
root ALL=(ALL:ALL) ALL
@includedir /etc/sudoers.d
"""
DEBIAN = """\
Defaults\tenv_reset
Defaults\tmail_badpass
Defaults\tsecure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
root\tALL=(ALL:ALL) ALL
%sudo\tALL=(ALL:ALL) ALL
@includedir /etc/sudoers.d
"""
REDHAT = """\
Host_Alias     FILESERVERS = fs1, fs2
User_Alias ADMINS = jsmith, mikem
Cmnd_Alias NETWORKING = /sbin/route, /sbin/ifconfig
Defaults   !visiblepw
Defaults    env_reset
Defaults    env_keep =  "COLORS DISPLAY HOSTNAME HISTSIZE KDEDIR LS_COLORS"
root\tALL=(ALL) \tALL
ADMINS ALL = NETWORKING
%wheel\tALL=(ALL)\tALL
#includedir /etc/sudoers.d
"""

#: Entries that go together in any order; those of the pair among them in many spellings.
ENTRIES = [
    "Defaults targetpw\n",
    "Defaults targetpw # comment\n",
    "Defaults env_reset, targetpw, insults\n",
    "Defaults\ttargetpw,\\\n\tinsults\n",
    "Defaults insults, \\\n targetpw\n",
    "Defaults !!targetpw\n",
    'Defaults badpass_message="no, targetpw #1", targetpw\n',
    "Defaults\\\n targetpw\r\n",
    "Defaults targetpw, targetpw\n",
    "Defaults env_reset,!targetpw,targetpw\n",
    "# x \\\nDefaults targetpw\n",
    "ALL ALL=(ALL) ALL\n",
    "ALL\tALL = ( ALL )\tALL # w\n",
    "ALL \\\n ALL=(ALL) \\\n ALL\n",
    "  ALL ALL=(ALL)ALL\r\n",
    "Defaults:ALL targetpw\n",
    "Defaults@ALL\ttargetpw, insults\n",
    "Defaults> ALL targetpw # comment\n",
    "Defaults!ALL insults,\\\n targetpw\n",
    "Defaults !targetpw\n",
    "Defaults:bob targetpw\n",
    "Defaults@web targetpw\n",
    "Defaults>root targetpw\n",
    "Defaults!/bin/ls targetpw\n",
    'Defaults badpass_message="a, targetpw, b"\n',
    "Defaults passprompt=a\\,targetpw\n",
    "Defaults secure_path=/a\\#b:/c\n",
    "ALL ALL=(ALL:ALL) ALL\n",
    "ALL ALL=(ALL) NOPASSWD: ALL\n",
    "ALL ALL=(root) ALL\n",
    "ALL ALL=ALL\n",
    "ALL ALL=(ALL) !ALL\n",
    "ALL ALL=(ALL) ALL, /bin/ls\n",
    "ALL web=(ALL) ALL\n",
    "ALL,bob ALL=(ALL) ALL\n",
    "#0 ALL=(ALL) ALL\n",
    "%wheel ALL=(ALL) ALL\n",
    "root ALL=(ALL) ALL\n",
    "# ALL ALL=(ALL) ALL\n",
    "#Defaults targetpw\n",
    "\n",
    "\t\n",
    "bob ALL=(ALL) NOEXEC: /bin/ls a\\=b, PASSWD: /bin/cat\n",
]


def converted(text, folder):
    """Return the objects (dict) that sudo sees in the text."""
    path = folder / "checked"
    path.write_bytes(text.encode())
    subprocess.run(["visudo", "-c", "-f", path], check=True, capture_output=True)
    return json.loads(subprocess.run(["cvtsudoers", "-f", "json", path], check=True, capture_output=True, text=True).stdout or "{}")


def without_the_pair(objects):
    """Return the objects without those that the module is asked to take out, and nothing else."""
    defaults = [
        dict(entry) if entry.get("Binding", ALL[0]) not in ALL else dict(entry, Options=[option for option in entry["Options"] if option != TARGETPW])
        for entry in objects.get("Defaults", [])
    ]
    specifications = [
        entry
        for entry in objects.get("User_Specs", [])
        if not (entry["User_List"] == EVERYBODY and entry["Host_List"] == [{"hostname": "ALL"}] and entry["Cmnd_Specs"] == COMMANDS)
    ]
    kept = dict(objects, Defaults=[entry for entry in defaults if entry["Options"]], User_Specs=specifications)
    return {kind: entries for kind, entries in kept.items() if entries}


def guest(root, main, **drop_ins):
    (root / "etc/sudoers.d").mkdir(parents=True)
    (root / "etc/sudoers").write_text(main)
    for name, text in drop_ins.items():
        (root / f"etc/sudoers.d/{name}").write_text(text)
    return root


BLANKS = st.sampled_from([" ", "\t", "  ", " \\\n "])
OPTIONAL_BLANKS = st.sampled_from(["", " ", "\t", " \\\n "])
TAILS = st.sampled_from(["", " ", " # why", "\t# Defaults targetpw"])
ENDS = st.sampled_from(["\n", "\n", "\r\n"])
ITEMS = st.lists(
    st.sampled_from(
        [
            "targetpw",
            "!targetpw",
            "!!targetpw",
            "targetpw",
            "env_reset",
            "insults",
            "!lecture",
            "passwd_tries=3",
            "use_pty",
            'badpass_message="no, targetpw #1"',
            "passprompt=a\\,targetpw",
            'env_keep+="A targetpw B"',
        ]
    ),
    min_size=1,
    max_size=4,
)
SEPARATORS = st.sampled_from([",", ", ", " ,\t", ",\\\n  ", "\\\n,"])


@st.composite
def defaults_entries(draw):
    """A Defaults entry of several items, for all or for somebody, in any spelling."""
    items = draw(ITEMS)
    joined = "".join(item + draw(SEPARATORS) for item in items[:-1]) + items[-1]
    kind = draw(
        st.sampled_from(
            [
                "Defaults",
                "Defaults",
                "Defaults",
                "  Defaults",
                "Defaults:bob",
                "Defaults@web",
                "Defaults>root",
                "Defaults!/bin/ls",
                "Defaults:ALL",
                "Defaults@ALL",
                "Defaults> ALL",
                "Defaults!ALL",
                "Defaults:!ALL",
                "Defaults:ALL, bob",
                "Defaults:!!ALL",
            ]
        )
    )
    return kind + draw(BLANKS) + joined + draw(TAILS) + draw(ENDS)


@st.composite
def specifications(draw):
    """Who may run what as whom, in any spelling; every fourth of it is the rule that goes with targetpw."""
    if draw(st.integers(0, 3)) == 0:
        words = ("ALL", "ALL", "(ALL)", "", "ALL")
    else:
        words = (
            draw(st.sampled_from(["ALL", "bob", "%wheel", "#0", "ALL, bob", "!bob, ALL", "ALLES"])),
            draw(st.sampled_from(["ALL", "web", "ALL, !web"])),
            draw(st.sampled_from(["(ALL)", "( ALL )", "(ALL:ALL)", "(root)", "(ALL, !root)", "(:ALL)", ""])),
            draw(st.sampled_from(["", "", "NOPASSWD:", "PASSWD:", "NOEXEC: "])),
            draw(st.sampled_from(["ALL", "!ALL", "ALL, /bin/ls", "/bin/ls", "ALL,!/bin/su"])),
        )
    user, host, runas, tag, commands = words
    return (
        draw(st.sampled_from(["", "", " "]))
        + user
        + draw(BLANKS)
        + host
        + draw(OPTIONAL_BLANKS)
        + "="
        + draw(OPTIONAL_BLANKS)
        + runas
        + draw(OPTIONAL_BLANKS)
        + tag
        + draw(OPTIONAL_BLANKS)
        + commands
        + draw(TAILS)
        + draw(ENDS)
    )


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(st.sampled_from(ENTRIES), defaults_entries(), specifications()), min_size=1, max_size=10), st.sampled_from(["comment", "remove"]))
def test_of_any_mix_of_entries_exactly_the_pair_goes(entries, method):
    text = "".join(entries)
    with tempfile.TemporaryDirectory() as folder:
        try:
            before = converted(text, Path(folder))
        except subprocess.CalledProcessError:  # as /bin/ls before a carriage return: sudo itself does not take it
            reject()
        assert converted(sudoers.clean(text, method=method), Path(folder)) == without_the_pair(before)


@pytest.mark.parametrize("text", [SUSE, DEBIAN, REDHAT], ids=["SUSE", "Debian", "Red Hat"])
def test_of_the_files_of_distributions_exactly_the_pair_goes(tmp_path, run_module, text):
    root = guest(tmp_path / "guest", text, local="Defaults insults, targetpw\nbob ALL=(ALL) ALL\n")
    before = {name: converted((root / name).read_text().replace("/etc/sudoers.d", "/none"), tmp_path) for name in ("etc/sudoers", "etc/sudoers.d/local")}
    predicted = run_module("sudoers_clean", root=root, check=True)
    result = run_module("sudoers_clean", root=root)
    assert not result["failed"], result
    assert predicted["diff"] == result["diff"] and predicted["matches"] == result["matches"]
    for name, objects in before.items():
        assert converted((root / name).read_text().replace("/etc/sudoers.d", "/none"), tmp_path) == without_the_pair(objects)
    assert not run_module("sudoers_clean", root=root)["changed"]


def test_a_tree_that_visudo_rejects_is_named_with_file_and_line(tmp_path, run_module):
    root = guest(tmp_path, SUSE, broken="Defaults insults\nbob ALL\n")
    result = run_module("sudoers_clean", root=root, allow_lockout=True)
    assert result["failed"] and "/etc/sudoers.d/broken:2:" in result["msg"] and "as it is" in result["msg"]
    assert (root / "etc/sudoers").read_text() == SUSE


def test_a_file_that_is_right_alone_and_wrong_in_its_place_is_found(tmp_path, run_module):
    root = guest(tmp_path, SUSE, a="User_Alias ADMINS = bob\n", b="User_Alias ADMINS = eve\n")
    result = run_module("sudoers_clean", root=root, allow_lockout=True)
    assert result["failed"] and "/etc/sudoers.d/b" in result["msg"] and "ADMINS" in result["msg"]
    assert (root / "etc/sudoers").read_text() == SUSE


def test_the_check_leaves_nothing_behind(tmp_path, run_module):
    root = guest(tmp_path, SUSE, x="bob ALL=(ALL) ALL\n")
    (root / "run").mkdir()
    run_module("sudoers_clean", root=root)
    assert sorted(str(path.relative_to(root)) for path in root.rglob("*")) == ["etc", "etc/sudoers", "etc/sudoers.d", "etc/sudoers.d/x", "run"]


def test_included_files_with_relative_quoted_and_host_names_are_checked_in_their_place(tmp_path, run_module):
    main = '@include "more rules"\n@include sudoers.%h\nDefaults targetpw\nALL ALL=(ALL) ALL\nroot ALL=(ALL) ALL\n'
    root = guest(tmp_path, main)
    (root / "etc/hostname").write_text("web.example.org\n")
    (root / "etc/more rules").write_text("bob ALL=(ALL) ALL\n")
    (root / "etc/sudoers.web").write_text("Defaults insults, targetpw\n")
    result = run_module("sudoers_clean", root=root)
    assert not result["failed"], result
    assert (root / "etc/sudoers.web").read_text() == "Defaults insults\n"
    assert (root / "etc/more rules").read_text() == "bob ALL=(ALL) ALL\n"

# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sudoers as text: the pair is found as sudo reads it, and only the pair is taken out."""

import pytest
from bounds import bounded
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers, sudoers_access, sudoers_lines, sudoers_privileges

SUSE = """\
## In the default (unconfigured) configuration, sudo asks for the root password.
Defaults targetpw   # ask for the password of the target user i.e. root
ALL\tALL=(ALL) ALL   # WARNING! Only use this together with 'Defaults targetpw'!

root ALL=(ALL:ALL) ALL
"""

#: before, after with method comment, after with method remove
CASES = {
    "plain option": ("Defaults targetpw\n", "# Defaults targetpw\n", ""),
    "tab, comment": ("Defaults\ttargetpw # x\n", "# Defaults\ttargetpw # x\n", ""),
    "indented": ("  Defaults targetpw\n", "#   Defaults targetpw\n", ""),
    "negated twice": ("Defaults !!targetpw\n", "# Defaults !!targetpw\n", ""),
    "continued": ("Defaults\\\n targetpw\nx\n", "# Defaults\\\n#  targetpw\nx\n", "x\n"),
    "CRLF": ("Defaults targetpw\r\n", "# Defaults targetpw\r\n", ""),
    "byte order mark": ("\ufeffDefaults targetpw\n", "\ufeff# Defaults targetpw\n", ""),
    "no line end": ("Defaults targetpw", "# Defaults targetpw", ""),
    "behind a comment with a backslash": ("# foo \\\nDefaults targetpw\n", "# foo \\\n# Defaults targetpw\n", "# foo \\\n"),
    "root's password": ("Defaults rootpw\n", "# Defaults rootpw\n", ""),
    "that of runas_default": ("Defaults env_reset, runaspw\n", "Defaults env_reset\n", "Defaults env_reset\n"),
    "first of a list": ("Defaults targetpw, env_reset\n", "Defaults env_reset\n", "Defaults env_reset\n"),
    "in a list": ("Defaults env_reset,targetpw,insults # c\n", "Defaults env_reset,insults # c\n", "Defaults env_reset,insults # c\n"),
    "last of a list": ("Defaults env_reset , targetpw # c\n", "Defaults env_reset # c\n", "Defaults env_reset # c\n"),
    "last of a continued list": ("Defaults env_reset, \\\n\ttargetpw\n", "Defaults env_reset\n", "Defaults env_reset\n"),
    "middle of a continued list": ("Defaults a, \\\n targetpw, \\\n b\n", "Defaults a, \\\n b\n", "Defaults a, \\\n b\n"),
    "more than once in a list": ("Defaults targetpw, a, targetpw\n", "Defaults a\n", "Defaults a\n"),
    "nothing but targetpw in a list": ("Defaults targetpw, targetpw\n", "# Defaults targetpw, targetpw\n", ""),
    "behind a quoted value with commas": (
        'Defaults badpass_message="a, b", targetpw\n',
        'Defaults badpass_message="a, b"\n',
        'Defaults badpass_message="a, b"\n',
    ),
    "for all users": ("Defaults:ALL targetpw\n", "# Defaults:ALL targetpw\n", ""),
    "on all hosts": ("Defaults@ALL\ttargetpw # c\n", "# Defaults@ALL\ttargetpw # c\n", ""),
    "as whomever": ("Defaults> ALL targetpw\n", "# Defaults> ALL targetpw\n", ""),
    "for all commands": ("Defaults!ALL !!targetpw\n", "# Defaults!ALL !!targetpw\n", ""),
    "for all, negated twice": ("Defaults:!!ALL targetpw\n", "# Defaults:!!ALL targetpw\n", ""),
    "for all, continued": ("Defaults:ALL\\\n targetpw\n", "# Defaults:ALL\\\n#  targetpw\n", ""),
    "for all in a list": ("Defaults:ALL env_reset, targetpw, insults\n", "Defaults:ALL env_reset, insults\n", "Defaults:ALL env_reset, insults\n"),
    "rule": ("ALL ALL=(ALL) ALL\n", "# ALL ALL=(ALL) ALL\n", ""),
    "rule with blanks": ("ALL\tALL = ( ALL )\tALL # w\n", "# ALL\tALL = ( ALL )\tALL # w\n", ""),
    "rule without blanks": ("ALL ALL=(ALL)ALL\n", "# ALL ALL=(ALL)ALL\n", ""),
    "continued rule": ("ALL \\\nALL=(ALL) \\\n ALL\n", "# ALL \\\n# ALL=(ALL) \\\n#  ALL\n", ""),
    "SUSE": (
        SUSE,
        SUSE.replace("\nDefaults t", "\n# Defaults t").replace("ALL\tALL", "# ALL\tALL"),
        "".join(SUSE.splitlines(True)[:1] + SUSE.splitlines(True)[3:]),
    ),
}

KEPT = [
    "Defaults !targetpw\n",
    "Defaults ! targetpw\n",
    "Defaults:bob targetpw\n",
    "Defaults@host targetpw\n",
    "Defaults>root targetpw\n",
    "Defaults!/bin/ls targetpw\n",
    "Defaults:!ALL targetpw\n",
    'Defaults:"ALL" targetpw\n',
    "Defaults:ALL,!bob targetpw\n",
    "Defaults!!ALL targetpw\n",
    "Defaults:ALL !targetpw\n",
    "Defaults:ALLES targetpw\n",
    "Defaults targetpw_timeout=5\n",
    "Defaults targetpw=1\n",
    'Defaults badpass_message="a, targetpw, b"\n',
    "Defaults passprompt=a\\,targetpw\n",
    "Defaults secure_path=a#b, targetpw\n",
    "# Defaults targetpw\n",
    "#Defaults targetpw\n",
    "# ALL ALL=(ALL) ALL\n",
    "#includedir /etc/sudoers.d\n",
    "@include /etc/x\n",
    "",
    "ALL ALL=(ALL:ALL) ALL\n",
    "ALL ALL=(ALL:ALL) NOPASSWD: ALL\n",
    "ALL ALL=(ALL) NOPASSWD: ALL\n",
    "ALL ALL=(root) ALL\n",
    "ALL ALL=ALL\n",
    "ALL ALL=(ALL) !ALL\n",
    "ALL ALL=(ALL) ALL, /bin/ls\n",
    "ALL ALL=(ALL) /bin/ls\n",
    "ALL web=(ALL) ALL\n",
    "ALL,bob ALL=(ALL) ALL\n",
    "!ALL ALL=(ALL) ALL\n",
    "%ALL ALL=(ALL) ALL\n",
    "#0 ALL=(ALL) ALL\n",
    "root ALL=(ALL) ALL\n",
    "%wheel ALL=(ALL) ALL\n",
    "User_Alias X=ALL\nX ALL=(ALL) ALL\n",
    "ALL ALL=(ALL) ALL : web=(ALL) ALL\n",
    "AL\\\nL ALL=(ALL) ALL\n",
    "ALL ALL=(ALL) ALL #0\n",
    '"ALL" ALL=(ALL) ALL\n',
]


@pytest.mark.parametrize("before, commented, removed", CASES.values(), ids=CASES)
def test_the_pair_is_taken_out(before, commented, removed):
    assert sudoers.clean(before) == commented
    assert sudoers.clean(before, method="remove") == removed
    assert sudoers.clean(commented) == commented


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_like_the_pair_stays(text):
    assert sudoers.clean(text) == text


@pytest.mark.parametrize(
    "rules, expected",
    [
        (("targetpw",), "# Defaults targetpw\nALL ALL=(ALL) ALL\n"),
        (("all_all",), "Defaults targetpw\n# ALL ALL=(ALL) ALL\n"),
        ((), "Defaults targetpw\nALL ALL=(ALL) ALL\n"),
    ],
)
def test_only_the_rules_asked_for_go(rules, expected):
    assert sudoers.clean("Defaults targetpw\nALL ALL=(ALL) ALL\n", rules) == expected


def test_a_runas_group_counts_when_asked():
    assert sudoers.clean("ALL ALL=(ALL : ALL) ALL\n", runas_group=True) == "# ALL ALL=(ALL : ALL) ALL\n"
    assert sudoers.clean("ALL ALL=(ALL:wheel) ALL\n", runas_group=True) == "ALL ALL=(ALL:wheel) ALL\n"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("#include /etc/x\n", ("/etc/x", False)),
        ("#includedir /etc/sudoers.d\n", ("/etc/sudoers.d", True)),
        ("  @includedir\t/etc/sudoers.d # x\n", ("/etc/sudoers.d", True)),
        ('@include "/etc/a b"\n', ("/etc/a b", False)),
        ("@include /etc/a\\ b\n", ("/etc/a b", False)),
        ("@include x.%h\r\n", ("x.%h", False)),
        (" #include /etc/x\n", None),
        ("# include /etc/x\n", None),
        ("#included /etc/x\n", None),
        ("#includedir\n", None),
    ],
)
def test_an_include_is_told_from_a_comment(text, expected):
    found = sudoers_lines.include(sudoers_lines.lines(text)[0])
    assert (found and found[:2]) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Defaults env_reset\n", ("", [])),
        ("Defaults:bob env_reset\n", (":", [(False, "bob")])),
        ("\tDefaults@ web , !db insults\n", ("@", [(False, "web"), (True, "db")])),
        ("Defaults>root,#1000,%wheel targetpw\n", (">", [(False, "root"), (False, "#1000"), (False, "%wheel")])),
        ("Defaults!!/bin/ls targetpw\n", ("!", [(True, "/bin/ls")])),
        ('Defaults:"a b",c\\ d,!!e targetpw\n', (":", [(False, '"a b"'), (False, "c\\ d"), (False, "e")])),
        ("Defaults :bob targetpw\n", ("", [])),
        ("bob ALL=(ALL) ALL\n", None),
    ],
)
def test_whom_a_defaults_entry_is_for_is_read(text, expected):
    assert sudoers_lines.binding(sudoers_lines.lines(text)[0]) == expected


FRAGMENTS = st.sampled_from(
    [
        "Defaults ",
        "Defaults\t",
        "User_Alias ",
        "A",
        ":",
        "NOPASSWD:",
        "%wheel ",
        "targetpw",
        "!targetpw",
        "env_reset",
        "Defaults:ALL ",
        "Defaults!",
        ">",
        "@",
        ",",
        ", ",
        "\\\n",
        "\\\r\n",
        "\n",
        "\r\n",
        " ",
        "\t",
        "#",
        "# x",
        "#0",
        '"',
        "ALL",
        "ALL ALL=(ALL) ALL",
        "ALL=",
        "(ALL)",
        "(ALL:ALL)",
        " ALL",
        "=",
        "root",
        "\\",
        "\\,",
        "!",
        "@include /x",
        "é",
        "\udcff",
    ]
)
TEXTS = st.lists(FRAGMENTS, max_size=25).map("".join)


@given(TEXTS)
def test_the_entries_of_any_text_are_the_text(text):
    entries = sudoers_lines.lines(text)
    assert "".join(line.raw for line in entries) == text
    assert all(len(line.raw) == len(line.clean) for line in entries)
    assert all(text[line.start : line.start + len(line.raw)] == line.raw for line in entries)


@given(TEXTS, st.sampled_from(["comment", "remove"]), st.booleans())
def test_cleaning_any_text_twice_is_cleaning_it_once(text, method, runas_group):
    once = sudoers.clean(text, method=method, runas_group=runas_group)
    assert sudoers.clean(once, method=method, runas_group=runas_group) == once


@given(TEXTS)
def test_entries_that_no_rule_names_stay_byte_for_byte(text):
    kept = [line.raw for line in sudoers_lines.lines(text) if sudoers.rule_of(line) is None]
    cleaned = sudoers.clean(text, method="remove")
    position = 0
    for raw in kept:
        found = cleaned.find(raw, position)
        assert found >= 0
        position = found + len(raw)


@given(TEXTS, TEXTS)
def test_who_may_become_root_is_told_of_any_text(text, more):
    """Nothing but an ImagewrightError may come out of text that visudo would reject."""
    entries = [(path, line) for path, content in (("/etc/sudoers", text), ("/etc/sudoers.d/x", more)) for line in sudoers_lines.lines(content)]
    assert all(isinstance(grant.user, str) and grant.path.startswith("/etc/sudoers") for grant in sudoers_access.grants(entries))
    asked = sudoers_access.asks_other_password(entries)
    assert asked is None or asked.option in ("targetpw", "rootpw", "runaspw")


# What no system has, and hostile ones could


def test_a_chain_of_five_thousand_aliases_is_followed():
    text = "".join(f"User_Alias A{number} = A{number + 1}\n" for number in range(5000)) + "User_Alias A5000 = bob\nA0 ALL=(ALL) ALL\n"
    entries = [("/etc/sudoers", line) for line in sudoers_lines.lines(text)]

    assert [grant.user for grant in sudoers_access.grants(entries)] == ["bob"]


def test_aliases_that_stand_for_more_words_than_any_system_has_are_refused():
    text = (
        "".join(
            f"User_Alias A{number} = B{number}, C{number}\nUser_Alias B{number} = A{number + 1}\nUser_Alias C{number} = A{number + 1}\n" for number in range(40)
        )
        + "A0 ALL=(ALL) ALL\n"
    )
    entries = [("/etc/sudoers", line) for line in sudoers_lines.lines(text)]

    with pytest.raises(ImagewrightError, match="the alias A0 in sudoers stands for more than 100000 words"):
        sudoers_access.grants(entries)


def test_files_that_include_more_and_more_are_refused(tmp_path):
    for depth in range(20):
        for name in "ab":
            (tmp_path / "etc").mkdir(exist_ok=True)
            (tmp_path / "etc" / f"{name}{depth}").write_text(f"@include a{depth + 1}\n@include b{depth + 1}\n")
    (tmp_path / "etc/a20").write_text("")
    (tmp_path / "etc/b20").write_text("")
    (tmp_path / "etc/sudoers").write_text("@include a0\n")

    with pytest.raises(ImagewrightError, match="include each other, or more than 5000"):
        sudoers.entries(LiveTree(tmp_path))


def test_an_alias_inside_itself_is_a_word():
    entries = [("/etc/sudoers", line) for line in sudoers_lines.lines("User_Alias A = B\nUser_Alias B = A, bob\nA ALL=(ALL) ALL\n")]

    assert [grant.user for grant in sudoers_access.grants(entries)] == ["A", "bob"]


@pytest.mark.parametrize(
    "line",
    [
        "Defaults " + "targetpw, " * 40000 + "insults",
        "root ALL=" + "(a)(b)" * 40000 + " ALL",
        "root " + "a=b:" * 40000 + "ALL=ALL",
        'root ALL="' + '\\"' * 200000,
        "Defaults " + '"' + '\\"' * 200000,
    ],
)
def test_the_time_for_a_line_grows_with_its_length(line):
    with bounded():
        for entry in sudoers_lines.lines(line + "\n"):
            sudoers_privileges.privileges(entry)
            sudoers_lines.defaults_items(entry)
        cleaned = sudoers.clean(line + "\n")

    assert "targetpw" not in cleaned

# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of shell variables: the shell itself says what is right."""

import contextlib
import os
import pathlib
import shutil
import subprocess

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core import shell_variables
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

#: The shells that read /etc/default/grub on the guests we know.
SHELLS = [shell for shell in ("/bin/dash", "/bin/bash") if os.path.exists(shell)]


def ask_shell(text, name, folder, shell="/bin/dash"):
    """Return what the shell has in a variable after it has read the text, None when it could not read it.

    It finds no programs, and what it redirects lands in the test's own folder.
    """
    path = folder / "variables"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    process = subprocess.run(
        [shell, "-c", f'. "$0"; printf %s "${{{name}}}"', str(path)], env={"PATH": "/nonexistent"}, cwd=folder, capture_output=True, timeout=20, check=False
    )
    return None if process.returncode else process.stdout.decode("utf-8", "surrogateescape")


def test_both_shells_are_here_to_be_asked():
    assert SHELLS == ["/bin/dash", "/bin/bash"]


CASES = [
    ('V="a b"', "a b"),
    ("V='a b'", "a b"),
    ("V=a\\ b", "a b"),
    ("V=word # comment", "word"),
    ("V=wo#rd", "wo#rd"),
    ("V=", ""),
    ('V=""', ""),
    ("V='a'\"b\"c", "abc"),
    ('V="a \\\n b"', "a  b"),
    ("V=a\\\nb", "ab"),
    ('V="\\$x \\" \\` \\\\ \\n"', '$x " ` \\ \\n'),
    ("V='it'\\''s'", "it's"),
    ('V="x" W="y"', "x"),
    ('V="x"; V="y"', "y"),
    ("V=a\r\n", "a\r"),
    ("export V=a", "a"),
    ("  V=a\t\n", "a"),
    ("# V=b\nV=a", "a"),
    ("true && W=1\nV=a", "a"),
    ("V=a && true", "a"),
    ("V=a 2>/dev/null", "a"),
    ("cat <<E >/dev/null\nV=b\nE\nV=a", "a"),
    ("V=~x", None),
    ('V="~x"', "~x"),
    ("V=a:~", None),
    ("V=$'a'", None),
    ('V="$"', "$"),
    ('V="a$"', "a$"),
    ('V="$(echo a)"', None),
    ("V=`echo a`", None),
    ("V=${W:-a}", None),
    ('V="$1"', None),
    ("V=$W", None),
    ("V=a cat", None),
    ("if :; then V=a; fi", None),
    ("case a in a) V=a;; esac", None),
    ("case a in (b|c) V=b ;; a) V=a; esac; V=z", "z"),
    ("f() { V=a; }", None),
    ("( V=a )", None),
    ("{ V=a; }", None),
    ("true && V=a", None),
    ("V=a | cat", None),
    ("V=a &", None),
    ("for V in a; do :; done", None),
    ("V=(a b)", None),
    ("V[0]=a", None),
    ("V+=a", None),
    ("echo V=a", None),
    ("'V'=a", None),
]


@pytest.mark.parametrize(("text", "value"), CASES)
def test_a_value_is_what_the_shell_makes_of_it_or_not_told(text, value, tmp_path):
    assert shell_variables.values(text).get("V") == value
    if value is not None:
        for shell in SHELLS:
            assert ask_shell(text, "V", tmp_path, shell) == value


def test_each_assignment_has_its_line():
    found = shell_variables.parse('A=1\n\nB="x\ny"\nC=2 D=3\n').assignments
    assert [(one.name, one.line) for one in found] == [("A", 1), ("B", 3), ("C", 5), ("D", 5)]


def test_the_broken_line_of_a_real_upgrade_is_doubted():
    text = 'GRUB_CMDLINE_LINUX="console=tty0 crashkernel=auto" console=ttyS0,115200n8 no_timer_check net.ifnames=0\n'
    found = shell_variables.parse(text).assignments[0]
    assert found.value is None and "before the command 'no_timer_check'" in found.doubt


@pytest.mark.parametrize("line", ["eval X=1", ". /etc/other", "source /etc/other", "read V", "exit 0", "$cmd x", "printf -v V x"])
def test_a_line_that_may_change_anything_is_a_hazard(line):
    assert [hazard.line for hazard in shell_variables.parse(f"A=1\n{line}\n").hazards] == [2]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('A="x\n', "line 1: its double quote is never closed"),
        ("A=1\nB='x\n", "line 2: its single quote is never closed"),
        ("A=`x\n", "line 1: its backquote is never closed"),
        ("A=$(x\n", r"line 1: its '\$\(' is never closed"),
        ("if true; then\nA=1\n", "line 1: its `if` is never closed"),
        ("A=1\nfi\n", "line 2: its `fi` closes nothing"),
        ("cat <<E\nx\n", "line 2: the here-document is never closed by 'E'"),
        ("A=1 >\n", "line 1: a file name is missing"),
        ("A=$(case x in a) b;; esac)\n", "line 1: its command substitution holds `case`"),
        ("A=" + "$(" * 3000 + "\n", "line 1: its substitutions stand in each other more than 50 deep"),
        (";;\n", "line 1: its `;;` is outside `case`"),
    ],
)
def test_what_the_shell_could_not_read_is_refused_with_its_line(text, cause):
    with pytest.raises(ImagewrightError, match="cannot read /etc/x " + cause):
        shell_variables.parse(text, "/etc/x")


def test_a_real_file_of_debian_is_read_as_the_shell_reads_it(tmp_path):
    text = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    for name, value in shell_variables.values(text).items():
        assert ask_shell(text, name, tmp_path) == value


PIECES = st.one_of(
    st.text(alphabet="ab =-\\$\"'`#;&|<>(){}*~!\t\n", max_size=4),
    st.sampled_from(['"a b"', "'a b'", "a\\ b", "${A}", "$B", "\\\n", '\\"', "\n", " ", "if true; then ", "; fi", "# x", "\r\n"]),
)
FILES = st.lists(st.one_of(st.tuples(st.sampled_from(["A=", "B=", " C=", "export A=", "A+="]), PIECES).map("".join), PIECES), max_size=6).map(
    lambda lines: "\n".join(lines) + "\n"
)


@given(FILES)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much])
def test_no_value_is_told_that_the_shell_does_not_have(tmp_path, text):
    try:
        parsed = shell_variables.parse(text)
    except ImagewrightError:
        return
    assume(not parsed.hazards)
    for name in ("A", "B", "C"):
        value = shell_variables.values(text).get(name)
        if value is not None:
            said = ask_shell(text, name, tmp_path)
            assert said is None or said == value.replace("\0", "")


@given(st.text())
@settings(max_examples=500, deadline=None)
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(ImagewrightError):
        shell_variables.parse(text)


def test_dash_is_what_reads_the_files_on_debian():
    assert shutil.which("dash")

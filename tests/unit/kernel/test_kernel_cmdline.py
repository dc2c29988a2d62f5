# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's command line: tables of cases, and properties that hold for any line."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, cmdline_changes
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("", []),
        ("quiet", ["quiet"]),
        ("  a=1\t b \n", ["a=1", "b"]),
        ('dyndbg="file a.c +p" x', ['dyndbg="file a.c +p"', "x"]),
        ('"dyndbg=file a.c +p" x', ['"dyndbg=file a.c +p"', "x"]),
        ("a='x y'", ["a='x", "y'"]),
        ('a="never closed x', ['a="never closed x']),
        ("a=1\\ b", ["a=1\\", "b"]),
    ],
)
def test_only_double_quotes_group(text, parameters):
    assert kernel_cmdline.split(text) == parameters


@pytest.mark.parametrize(
    ("parameter", "name", "value"),
    [
        ("quiet", "quiet", None),
        ("a=", "a", ""),
        ("root=UUID=1", "root", "UUID=1"),
        ('a="x y"', "a", "x y"),
        ('"a=x y"', "a", "x y"),
    ],
)
def test_a_parameter_is_a_name_and_a_value(parameter, name, value):
    assert kernel_cmdline.parse(parameter) == (name, value)


def test_what_follows_two_dashes_belongs_to_init():
    assert kernel_cmdline.values("a=1 -- a=2", "a") == ["1"]
    assert kernel_cmdline.names("a=1 -- b") == ["a"]


def test_names_are_compared_with_dash_as_underscore():
    assert kernel_cmdline.values("log-buf-len=1M log_buf_len=2M", "log_buf-len") == ["1M", "2M"]


@pytest.mark.parametrize(
    ("before", "present", "absent", "after"),
    [
        # a value is replaced where it stands, others of the name go
        ("a=1 b a=2 c", ["a=3"], [], "a=3 b c"),
        ("a=1 b a=2 c", ["a=2"], [], "b a=2 c"),
        ("quiet=off x", ["quiet"], [], "quiet x"),
        ("log-buf-len=1M x", ["log_buf_len=1M"], [], "log-buf-len=1M x"),
        ('x="a b"', ['"x=a b"'], [], 'x="a b"'),
        # prefixes and dots are no matches
        ("ro root=/dev/sda rootdelay=1", [], ["ro"], "root=/dev/sda rootdelay=1"),
        ("acb=2 a.b=1", [], ["a.b"], "acb=2"),
        ("rd rd.lvm.lv=x net net.ifnames=0", [], ["rd", "net"], "rd.lvm.lv=x net.ifnames=0"),
        # by name, and by value alone
        ("quiet quiet=1 splash", [], ["quiet"], "splash"),
        ("crashkernel=auto crashkernel=256M", [], ["crashkernel=auto"], "crashkernel=256M"),
        ("crashkernel=256M", [], ["crashkernel=auto"], "crashkernel=256M"),
        # new ones before a bare --
        ("a -- b", ["c"], [], "a c -- b"),
        ("-- b", ["c"], [], "c -- b"),
        ("a -- quiet", [], ["quiet"], "a -- quiet"),
        ("a ---", ["c"], [], "a --- c"),
        # consoles: the given order, the given ones last, one per device
        ("", ["console=tty1", "console=ttyS0"], [], "console=tty1 console=ttyS0"),
        ("console=ttyS0 console=tty1", ["console=tty1", "console=ttyS0"], [], "console=tty1 console=ttyS0"),
        ("console=tty0 quiet", ["console=ttyS0"], [], "console=tty0 console=ttyS0 quiet"),
        ("console=ttyS0 quiet console=tty0", ["console=ttyS0,115200n8"], [], "quiet console=tty0 console=ttyS0,115200n8"),
        ("console=ttyS0,9600 x", ["console=ttyS0,115200n8"], [], "console=ttyS0,115200n8 x"),
        ("console=tty1 console=ttyS0 console=hvc0", ["console=tty1", "console=ttyS0"], [], "console=hvc0 console=tty1 console=ttyS0"),
        # blanks stay where nothing goes
        ("  a   b\tc ", ["d"], [], "  a   b\tc d "),
        ("a   b   c", [], ["b"], "a   c"),
        ("a b", [], ["a"], "b"),
        ("a b\n", ["c"], ["b"], "a c\n"),
        # a quote that is never closed swallows the rest, so that new ones go before it
        ('a="x', ["c"], [], 'c a="x'),
        ('console=tty0"', ["console=tty1", "console=ttyS0"], [], 'console=tty1 console=ttyS0 console=tty0"'),
    ],
)
def test_a_line_is_brought_to_the_wanted_state(before, present, absent, after):
    wanted = cmdline_changes.request(present, absent)
    assert cmdline_changes.change(before, wanted) == after
    assert cmdline_changes.change(after, wanted) == after
    assert cmdline_changes.is_right(after, wanted)


def test_other_names_may_be_repeatable():
    wanted = cmdline_changes.request(["rd.lvm.lv=b"], [], ["rd.lvm.lv"])
    assert cmdline_changes.change("rd.lvm.lv=a", wanted) == "rd.lvm.lv=a rd.lvm.lv=b"


def test_nothing_is_repeatable_when_the_user_says_so():
    wanted = cmdline_changes.request(["console=hvc0"], [], [])
    assert cmdline_changes.change("console=tty1 console=ttyS0", wanted) == "console=hvc0"


@pytest.mark.parametrize(
    ("present", "absent", "cause"),
    [
        (["a\nb"], [], "line break"),
        (["a\0"], [], "NUL"),
        (['a="x'], [], "not balanced"),
        (['"";'], [], "double quotes within"),
        (['systemd.setenv=FOO="a b"'], [], "double quotes within"),
        ([""], [], "no name"),
        (["=1"], [], "no name"),
        (['""'], [], "no name"),
        (["a b"], [], "more than one parameter"),
        ([" a"], [], "more than one parameter"),
        (["--"], [], "ends the kernel's parameters"),
        ([], ["a\nb"], "line break"),
        (["à"], [], "0xa0"),
        (["a=1"], ["a"], "same parameter"),
        (["a-b=1"], ["a_b=2"], "same parameter"),
        (["console=ttyS0"], ["console"], "same parameter"),
        (["a=1", "a=2"], [], "both"),
    ],
)
def test_what_cannot_be_a_parameter_is_refused(present, absent, cause):
    with pytest.raises(ImagewrightError, match=cause):
        cmdline_changes.request(present, absent)


def test_another_value_of_a_repeatable_name_may_be_absent():
    wanted = cmdline_changes.request(["console=ttyS0,115200n8"], ["console=tty0"])
    assert cmdline_changes.change("console=tty0 console=tty1", wanted) == "console=tty1 console=ttyS0,115200n8"


def test_a_line_longer_than_the_kernel_keeps_is_refused():
    kernel_cmdline.check_length("a" * 2047, "x86_64", "x")
    with pytest.raises(ImagewrightError, match="2048 bytes long and the kernel keeps 2047"):
        kernel_cmdline.check_length("a" * 2048, "x86_64", "/boot/x line 1")
    with pytest.raises(ImagewrightError, match="keeps 1023"):
        kernel_cmdline.check_length("a" * 1024, "riscv64", "x")


NAMES = st.sampled_from(["a", "b", "a-b", "a_b", "console", "quiet", "a.b", "ro", "root"])
VALUES = st.sampled_from([None, "", "1", "x,y", '"p q"', "ttyS0", "ttyS0,115200", "tty1", "UUID=7"])
PARAMETERS = st.builds(lambda name, value: name if value is None else f"{name}={value}", NAMES, VALUES)
LINES = st.lists(st.one_of(PARAMETERS, st.sampled_from(["--", "---", '"x y"', "ä", "\udcff"])), max_size=8).map("  ".join)


@st.composite
def requests(draw):
    """Draw a Request whose lists do not contradict each other."""
    try:
        return cmdline_changes.request(draw(st.lists(PARAMETERS, max_size=4)), draw(st.lists(PARAMETERS, max_size=3)))
    except ImagewrightError:
        return cmdline_changes.request(["a=1", "console=tty1", "console=ttyS0"], ["quiet"])


@given(LINES, requests())
@settings(deadline=None)
def test_a_second_change_changes_nothing(line, wanted):
    once = cmdline_changes.change(line, wanted)
    assert cmdline_changes.change(once, wanted) == once
    assert cmdline_changes.is_right(once, wanted)


@given(LINES, requests())
@settings(deadline=None)
def test_only_named_parameters_differ(line, wanted):
    after = kernel_cmdline.split(cmdline_changes.change(line, wanted))
    before = kernel_cmdline.split(line)
    named = {kernel_cmdline.key(parameter) for parameter in wanted.present + wanted.absent}
    init = before[before.index("--") :] if "--" in before else []
    assert after[len(after) - len(init) :] == init
    kernels = before[: len(before) - len(init)], after[: len(after) - len(init)]
    assert [[p for p in line if kernel_cmdline.key(p) not in named] for line in kernels][0] == [p for p in kernels[1] if kernel_cmdline.key(p) not in named]


@given(LINES, requests())
@settings(deadline=None)
def test_each_wanted_value_is_there_and_each_unwanted_is_not(line, wanted):
    after = cmdline_changes.change(line, wanted)
    for parameter in wanted.present:
        assert kernel_cmdline.parse(parameter)[1] in kernel_cmdline.values(after, kernel_cmdline.key(parameter)) or (kernel_cmdline.key(parameter) == "console")
    for parameter in wanted.absent:
        name, value = kernel_cmdline.parse(parameter)
        left = kernel_cmdline.values(after, name)
        assert value not in left if value is not None else left == []


@given(st.one_of(st.text(), st.text(alphabet='ab =-"\t')), requests())
@settings(deadline=None)
def test_any_text_is_changed_without_an_error(line, wanted):
    assert cmdline_changes.is_right(cmdline_changes.change(line, wanted), wanted)

# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/default/grub and its drop-ins: parameters change where they take effect, and the shell confirms it."""

import collections
import contextlib
import re
import subprocess

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core import shell_variables
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, cmdline_changes
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub2_defaults, grub_script
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MAIN = grub2_defaults.MAIN
DROP_IN = "/etc/default/grub.d/50-x.cfg"


def change(main, present=(), absent=(), drop_in=None, recovery=False, appends=False):
    """Return the files' texts ([str]) with the request brought in."""
    files = collections.OrderedDict([(MAIN, main)])
    if drop_in is not None:
        files[DROP_IN] = drop_in
    changed = grub2_defaults.change(grub2_defaults.Defaults(files, appends), cmdline_changes.request(list(present), list(absent)), recovery).texts
    return changed[MAIN] if drop_in is None else [changed[MAIN], changed[DROP_IN]]


@pytest.mark.parametrize(
    ("before", "present", "absent", "after"),
    [
        # each way of quoting stays as it is
        ('GRUB_CMDLINE_LINUX="a b"\n', ["c"], ["a"], 'GRUB_CMDLINE_LINUX="b c"\n'),
        ("GRUB_CMDLINE_LINUX='a b'\n", ["c"], ["a"], "GRUB_CMDLINE_LINUX='b c'\n"),
        ("GRUB_CMDLINE_LINUX=a\\ b\n", ["c"], ["a"], 'GRUB_CMDLINE_LINUX=b" c"\n'),
        ("GRUB_CMDLINE_LINUX=quiet\n", ["c"], [], 'GRUB_CMDLINE_LINUX="quiet c"\n'),
        ("GRUB_CMDLINE_LINUX=quiet\n", ["c"], ["quiet"], "GRUB_CMDLINE_LINUX=c\n"),
        ("GRUB_CMDLINE_LINUX=quiet\n", [], ["quiet"], "GRUB_CMDLINE_LINUX=\n"),
        ('GRUB_CMDLINE_LINUX=""\n', ["c"], [], 'GRUB_CMDLINE_LINUX="c"\n'),
        ("GRUB_CMDLINE_LINUX=''\n", ["c"], [], 'GRUB_CMDLINE_LINUX="c"\n'),
        ("GRUB_CMDLINE_LINUX=\n", ["c"], [], "GRUB_CMDLINE_LINUX=c\n"),
        ("", ["c"], [], 'GRUB_CMDLINE_LINUX="c"\n'),
        ("#x", ["c"], [], '#x\nGRUB_CMDLINE_LINUX="c"\n'),
        # comments, continuation lines, line ends, other variables
        ('GRUB_CMDLINE_LINUX="a" # why\nX=1\n', ["c"], [], 'GRUB_CMDLINE_LINUX="a c" # why\nX=1\n'),
        ('GRUB_CMDLINE_LINUX="a \\\n  b"\n', ["c"], [], 'GRUB_CMDLINE_LINUX="a \\\n  b c"\n'),
        ('GRUB_CMDLINE_LINUX="a \\\n  b"\n', [], ["b"], 'GRUB_CMDLINE_LINUX="a\\\n"\n'),
        ('GRUB_CMDLINE_LINUX="a"\r\n', ["c"], [], 'GRUB_CMDLINE_LINUX="a c"\r\n'),
        ('GRUB_CMDLINE_LINUX=""\r\n', ["c"], [], 'GRUB_CMDLINE_LINUX="c"\r\n'),
        ("GRUB_CMDLINE_LINUX=\r\n", ["c"], [], 'GRUB_CMDLINE_LINUX="c"\r\n'),
        ('X=1 GRUB_CMDLINE_LINUX="a" Y=2\n', ["c"], [], 'X=1 GRUB_CMDLINE_LINUX="a c" Y=2\n'),
        ('export GRUB_CMDLINE_LINUX="a"\n', ["c"], [], 'export GRUB_CMDLINE_LINUX="a c"\n'),
        # quoted values: SUSE's way, and one that has to be written
        ('GRUB_CMDLINE_LINUX="foo=\\"p  q\\" a"\n', ["c"], ["a"], 'GRUB_CMDLINE_LINUX="foo=\\"p  q\\" c"\n'),
        ('GRUB_CMDLINE_LINUX="foo=\\"p  q\\" a"\n', [], ["foo"], 'GRUB_CMDLINE_LINUX="a"\n'),
        ('GRUB_CMDLINE_LINUX="a"\n', ['foo="p q"'], [], 'GRUB_CMDLINE_LINUX="a foo=\\"p q\\""\n'),
        ("GRUB_CMDLINE_LINUX='a'\n", ['foo="p q"'], [], "GRUB_CMDLINE_LINUX='a foo=\"p q\"'\n"),
        # the characters that broke other tools: & of sed, a dot, a semicolon of GRUB's own language
        ('GRUB_CMDLINE_LINUX="a=1"\n', ["a=1&b"], [], 'GRUB_CMDLINE_LINUX="a=\\"1&b\\""\n'),
        ('GRUB_CMDLINE_LINUX="a.b=1 acb=2"\n', [], ["a.b"], 'GRUB_CMDLINE_LINUX="acb=2"\n'),
        # where it is set, there it is changed; what is new goes where all entries get it
        (
            'GRUB_CMDLINE_LINUX_DEFAULT="quiet a=1"\nGRUB_CMDLINE_LINUX=""\n',
            ["a=2", "b"],
            ["quiet"],
            'GRUB_CMDLINE_LINUX_DEFAULT="a=2"\nGRUB_CMDLINE_LINUX="b"\n',
        ),
        ('GRUB_CMDLINE_LINUX="a=1"\nGRUB_CMDLINE_LINUX_DEFAULT="a=2 x"\n', ["a=2"], [], 'GRUB_CMDLINE_LINUX=""\nGRUB_CMDLINE_LINUX_DEFAULT="a=2 x"\n'),
        ('GRUB_CMDLINE_LINUX_RECOVERY="single quiet"\n', ["a"], ["quiet"], 'GRUB_CMDLINE_LINUX_RECOVERY="single quiet"\nGRUB_CMDLINE_LINUX="a"\n'),
        # two assignments: the last one counts
        ('GRUB_CMDLINE_LINUX="a"\nGRUB_CMDLINE_LINUX="b"\n', ["c"], [], 'GRUB_CMDLINE_LINUX="a"\nGRUB_CMDLINE_LINUX="b c"\n'),
        # references: a parameter goes where it is written, a new one goes into the first assignment
        (
            'GRUB_CMDLINE_LINUX="a"\nGRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX b"\n',
            ["c"],
            ["b"],
            'GRUB_CMDLINE_LINUX="a c"\nGRUB_CMDLINE_LINUX="${GRUB_CMDLINE_LINUX}"\n',
        ),
        ('BASE="a quiet"\nGRUB_CMDLINE_LINUX="${BASE} b"\n', ["c"], ["quiet"], 'BASE="a"\nGRUB_CMDLINE_LINUX="${BASE} b c"\n'),
        ('GRUB_CMDLINE_LINUX="a -- init"\n', ["c"], [], 'GRUB_CMDLINE_LINUX="a c -- init"\n'),
    ],
)
def test_the_file_keeps_all_but_what_was_asked_for(before, present, absent, after):
    assert change(before, present, absent) == after
    assert change(after, present, absent) == after


def test_a_drop_in_is_changed_where_it_overrides():
    main = 'GRUB_CMDLINE_LINUX_DEFAULT="quiet splash"\nGRUB_CMDLINE_LINUX=""\n'
    drop_in = '# cloud image\nGRUB_CMDLINE_LINUX_DEFAULT="quiet console=tty1"\n'
    assert change(main, ["a"], ["quiet"], drop_in) == [
        'GRUB_CMDLINE_LINUX_DEFAULT="quiet splash"\nGRUB_CMDLINE_LINUX="a"\n',
        '# cloud image\nGRUB_CMDLINE_LINUX_DEFAULT="console=tty1"\n',
    ]


def test_a_drop_in_that_appends_keeps_the_blank_before_its_text():
    assert change('GRUB_CMDLINE_LINUX="quiet"\n', [], ["quiet"], 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX crashkernel=1G"\n') == [
        'GRUB_CMDLINE_LINUX=""\n',
        'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX crashkernel=1G"\n',
    ]


def test_recovery_entries_get_what_only_normal_ones_had():
    before = 'GRUB_CMDLINE_LINUX_DEFAULT="console=tty0 console=ttyS0 quiet"\nGRUB_CMDLINE_LINUX_RECOVERY="single quiet"\n'
    assert change(before, ["console=ttyS0"], ["quiet"], recovery=True) == (
        'GRUB_CMDLINE_LINUX_DEFAULT=""\nGRUB_CMDLINE_LINUX_RECOVERY="single"\nGRUB_CMDLINE_LINUX="console=tty0 console=ttyS0"\n'
    )


def test_what_recovery_entries_have_already_is_not_moved():
    text = 'GRUB_CMDLINE_LINUX="console=ttyS0"\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\n'
    assert change(text, ["console=ttyS0"], [], recovery=True) == text


def test_bash_appends_and_dash_does_not():
    text = 'GRUB_CMDLINE_LINUX="a"\nGRUB_CMDLINE_LINUX+=" quiet"\n'
    assert change(text, ["c"], ["quiet"], appends=True) == 'GRUB_CMDLINE_LINUX="a c"\nGRUB_CMDLINE_LINUX+=""\n'
    with pytest.raises(ImagewrightError, match=r"GRUB_CMDLINE_LINUX in /etc/default/grub line 2: `\+=` is an error"):
        change(text, ["c"])


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('X=1\nGRUB_CMDLINE_LINUX="$(cat /etc/args)"\n', r"line 2: its value is computed by the shell: '\$\(cat /etc/args\)'"),
        ("GRUB_CMDLINE_LINUX=`cat x`\n", "line 1: its value is computed"),
        ('if true; then\nGRUB_CMDLINE_LINUX="a"\nfi\n', "line 2: it stands inside `if` of line 1"),
        ('test -e /x && GRUB_CMDLINE_LINUX="a"\n', "line 1: it stands after `&&`"),
        ('GRUB_CMDLINE_LINUX="a" b\n', "line 1: it stands before the command 'b'"),
        ('GRUB_CMDLINE_LINUX="$HOME"\n', r"line 1: it refers to \$HOME, which is set elsewhere"),
        ('GRUB_CMDLINE_LINUX="${X%a}"\n', "line 1: its value is computed"),
        ('GRUB_CMDLINE_LINUX="${X:-a}"\n', r"line 1: it refers to \$X, which is set elsewhere"),
        ("X=`date`\nGRUB_CMDLINE_LINUX=$X\n", r"line 2: it refers to \$X, and its value is computed"),
        ('. /etc/more\nGRUB_CMDLINE_LINUX="a"\n', "line 1: '. /etc/more' may change any variable"),
        ('GRUB_CMDLINE_LINUX="a\n', "line 1: its double quote is never closed"),
        ('X=1\nGRUB_CMDLINE_LINUX="a\0"\n', "line 2: it holds a NUL byte"),
    ],
)
def test_what_only_the_shell_could_tell_is_refused_by_name_and_line(text, cause):
    with pytest.raises(ImagewrightError, match=f"/etc/default/grub {cause}"):
        change(text, ["c"])


def test_computed_values_of_other_variables_do_no_harm():
    text = 'GRUB_DISTRIBUTOR=`( . /etc/os-release; echo ${NAME:-Debian} ) 2>/dev/null || echo Debian`\nGRUB_CMDLINE_LINUX=""\n'
    assert change(text, ["c"]) == text.replace('LINUX=""', 'LINUX="c"')


def test_variables_that_hold_each_other_are_refused():
    with pytest.raises(ImagewrightError, match="refer to each other"):
        change('GRUB_CMDLINE_LINUX="a"\nGRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX"\n', ["c"])


@pytest.mark.parametrize("text", ['GRUB_CMDLINE_LINUX="a\fquiet"\n', "GRUB_CMDLINE_LINUX='x=\"a\tb\"'\n"])
def test_what_parts_a_word_for_the_kernel_alone_is_refused(text):
    with pytest.raises(ImagewrightError, match="parts it in two for the kernel and not for GRUB"):
        change(text, ["c"])


def test_recovery_entries_that_end_the_kernels_parameters_early_are_refused():
    text = 'GRUB_CMDLINE_LINUX_RECOVERY="single -- x"\n'
    with pytest.raises(ImagewrightError, match="ends the kernel's parameters with `--`"):
        change(text, ["c"], recovery=True)
    assert change(text, ["c"]) == text + 'GRUB_CMDLINE_LINUX="c"\n'


def test_a_value_that_grub_would_alter_is_refused():
    with pytest.raises(ImagewrightError, match="GRUB adds backslashes"):
        change("", ["a=it's"])


@pytest.mark.parametrize(
    ("before", "name", "value", "after"),
    [
        ("GRUB_TIMEOUT=5\n", "GRUB_TIMEOUT", "10", 'GRUB_TIMEOUT="10"\n'),
        ("GRUB_TIMEOUT=5 # s\n", "GRUB_TIMEOUT", "5", "GRUB_TIMEOUT=5 # s\n"),
        ("#GRUB_TERMINAL=console\n", "GRUB_TERMINAL", "serial console", '#GRUB_TERMINAL=console\nGRUB_TERMINAL="serial console"\n'),
        ('A=1\nGRUB_TERMINAL_OUTPUT="console"\n', "GRUB_TERMINAL_OUTPUT", None, 'A=1\n#GRUB_TERMINAL_OUTPUT="console"\n'),
        ("A=1\n", "GRUB_X", None, "A=1\n"),
        ("GRUB_X=`date`\n", "GRUB_X", "a$b", 'GRUB_X="a\\$b"\n'),
        ("GRUB_X=1\nGRUB_X=2\n", "GRUB_X", "3", 'GRUB_X=1\nGRUB_X="3"\n'),
        ('GRUB_X="a\nb"\n', "GRUB_X", None, '#GRUB_X="a\n#b"\n'),
    ],
)
def test_a_setting_is_set_where_it_counts_or_made_a_comment(before, name, value, after):
    files = collections.OrderedDict([(MAIN, before)])
    assert grub2_defaults.with_settings(grub2_defaults.Defaults(files, False), {name: value}).texts[MAIN] == after


def test_a_setting_is_changed_in_the_drop_in_that_overrides_it():
    files = collections.OrderedDict([(MAIN, "GRUB_TIMEOUT=5\n"), (DROP_IN, "GRUB_TIMEOUT=0\n")])
    assert list(grub2_defaults.with_settings(grub2_defaults.Defaults(files, False), {"GRUB_TIMEOUT": "10"}).texts.values()) == [
        "GRUB_TIMEOUT=5\n",
        'GRUB_TIMEOUT="10"\n',
    ]


def test_a_setting_that_shares_its_line_is_not_removed():
    with pytest.raises(ImagewrightError, match="line 1: it does not stand alone"):
        grub2_defaults.with_settings(grub2_defaults.Defaults({MAIN: "A=1 GRUB_X=2\n"}, False), {"GRUB_X": None})


VALUE = st.lists(st.sampled_from(["quiet", "a=1", "a=2", "b", 'x=\\"p q\\"', "console=tty0", "console=ttyS0", "rd.x=1;2", "$EMPTY"]), max_size=5).map(" ".join)
ASSIGNMENT = st.builds(
    lambda name, form, value, end: form.format(name=name, value=value) + end,
    st.sampled_from(grub2_defaults.NAMES),
    st.sampled_from(
        [
            '{name}="{value}"',
            '{name}="${name} {value}"',
            '{name}=" {value}  "',
            "{name}=quiet",
            "{name}=",
            "export {name}='b  a=3'",
            '{name}="b \\\n a=1"',
            "{name}=\"b\"'  c'\\ d",
        ]
    ),
    VALUE,
    st.sampled_from(["\n", " # c\n", "\r\n", "; OTHER=1\n"]),
)
TEXT = st.lists(st.one_of(ASSIGNMENT, st.sampled_from(["# comment\n", "GRUB_TIMEOUT=5\n", "EMPTY=\n", "\n", "if true; then X=1; fi\n"])), max_size=6).map(
    lambda lines: "EMPTY=\n" + "".join(lines)
)
PARAMETER = st.sampled_from(["a=1", "a=9", "b", "quiet", "new=1", 'x="p q"', 'x="y z"', "console=ttyS0", "console=tty1"])


def shell_values(files, folder):
    """Return the three variables ([str]) as dash has them after it has read the files."""
    paths = []
    for number, text in enumerate(files.values()):
        path = folder / str(number)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        paths.append(str(path))
    script = 'for f; do . "$f"; done; printf "%s\\0%s\\0%s" "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT" "$GRUB_CMDLINE_LINUX_RECOVERY"'
    process = subprocess.run(["/bin/dash", "-c", script, "dash"] + paths, env={"PATH": "/nonexistent"}, cwd=folder, capture_output=True, timeout=20, check=True)
    return process.stdout.decode("utf-8", "surrogateescape").split("\0")


@given(TEXT, st.one_of(st.none(), TEXT), st.lists(PARAMETER, max_size=3, unique_by=kernel_cmdline.key), st.booleans())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_shell_sees_only_the_named_parameters_differ(tmp_path, main, drop_in, present, recovery):
    named = {kernel_cmdline.key(parameter) for parameter in present}
    absent = [name for name in ("quiet", "a") if name not in named]
    wanted = cmdline_changes.request(present, absent)
    before = collections.OrderedDict([(MAIN, main)] + ([(DROP_IN, drop_in)] if drop_in is not None else []))
    try:
        after = grub2_defaults.change(grub2_defaults.Defaults(before, False), wanted, recovery).texts
    except ImagewrightError:
        return
    named |= set(absent)
    lines = []
    for files in (before, after):
        values = shell_values(files, tmp_path)
        lines.append([[token.text for token in grub_script.tokens(value)] for value in values])
    others = [[[p for p in value if kernel_cmdline.key(p) not in named] for value in line] for line in lines]
    assert others[0] == others[1]
    assert cmdline_changes.is_right(" ".join(lines[1][0] + lines[1][1]), wanted)
    if recovery:
        assert cmdline_changes.is_right(" ".join(lines[1][2] + lines[1][0]), wanted)
    assert grub2_defaults.change(grub2_defaults.Defaults(after, False), wanted, recovery).texts == after
    assert len(shell_variables.parse(after[MAIN]).assignments) >= len(shell_variables.parse(main).assignments)


@given(st.text(), st.text(alphabet="GRUB_CMDLIN='\"$\\ a\n;#", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_changed_or_refused(text, more):
    with contextlib.suppress(ImagewrightError):
        change(text + more, ["a=1"], ["quiet"])


# what GRUB would take for the end of the kernel's parameters


@pytest.mark.parametrize("character", list(";&|<>{}"))
def test_a_character_that_grub_takes_for_its_own_is_refused_by_line(character):
    with pytest.raises(ImagewrightError, match=f"/etc/default/grub line 2: to GRUB the unquoted '{re.escape(character)}' of GRUB_CMDLINE_LINUX "):
        change(f'X=1\nGRUB_CMDLINE_LINUX="quiet a{character}b c"\n', present=["x=1"])


@pytest.mark.parametrize("written", ["'a;b=c'", "a\\;b=c", "a='x;y'"])
def test_one_that_is_quoted_for_grub_is_a_part_of_its_parameter(written):
    assert change(f'GRUB_CMDLINE_LINUX="quiet {written}"\n', present=["x=1"], absent=["quiet"]) == f'GRUB_CMDLINE_LINUX="{written} x=1"\n'


def test_a_parameter_that_holds_one_is_taken_out_whole():
    assert change('GRUB_CMDLINE_LINUX="a ds=nocloud-net;seedfrom=http://10.0.2.2:8080/ b"\n', absent=["ds"]) == 'GRUB_CMDLINE_LINUX="a b"\n'


@pytest.mark.parametrize(
    ("text", "left"), [("a cc: ssh_import_id: [smoser] end_cc b", "a b"), ("cc:{hostname: x}end_cc", ""), ("a cc: x end_cc cc: y end_cc", "a")]
)
def test_configuration_for_cloud_init_is_taken_out_with_its_marks(text, left):
    assert change(f'GRUB_CMDLINE_LINUX="{text}"\n', absent=["cc:"]) == f'GRUB_CMDLINE_LINUX="{left}"\n'


def test_configuration_for_cloud_init_without_an_end_is_refused():
    with pytest.raises(ImagewrightError, match="no 'end_cc' ends it"):
        change('GRUB_CMDLINE_LINUX="a cc: x b"\n', absent=["cc:"])


# conditional values, as tuned writes them

TUNED = 'GRUB_CMDLINE_LINUX_DEFAULT="${GRUB_CMDLINE_LINUX_DEFAULT:+$GRUB_CMDLINE_LINUX_DEFAULT }\\$tuned_params"\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('GRUB_CMDLINE_LINUX=""\n' + TUNED, 'GRUB_CMDLINE_LINUX="x=1"\n' + TUNED),
        ('GRUB_CMDLINE_LINUX="quiet"\nGRUB_CMDLINE_LINUX_DEFAULT="a quiet"\n' + TUNED, 'GRUB_CMDLINE_LINUX="x=1"\nGRUB_CMDLINE_LINUX_DEFAULT="a"\n' + TUNED),
        ('A=\nGRUB_CMDLINE_LINUX="${A:-quiet b}"\n', 'A=\nGRUB_CMDLINE_LINUX="${A:-b} x=1"\n'),
        ('A=c\nGRUB_CMDLINE_LINUX="${A+quiet d}"\n', 'A=c\nGRUB_CMDLINE_LINUX="${A+d} x=1"\n'),
    ],
)
def test_a_conditional_value_is_edited_where_its_words_stand(before, after):
    assert change(before, present=["x=1"], absent=["quiet"]) == after


def test_a_change_that_would_turn_a_condition_round_is_refused():
    with pytest.raises(ImagewrightError, match="it would change others too, from 'quiet' to 'b|from '' to 'b'"):
        change('A=quiet\nGRUB_CMDLINE_LINUX="${A:-b}"\n', absent=["quiet"])


def test_values_that_double_each_other_are_refused_in_time():
    text = "A=0123456789\n" + 'A="$A$A"\n' * 60 + 'GRUB_CMDLINE_LINUX="$A"\n'
    with pytest.raises(ImagewrightError, match="it has more than 8192 characters, which no kernel takes"):
        change(text, present=["x=1"])

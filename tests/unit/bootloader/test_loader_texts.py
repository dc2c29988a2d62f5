# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts that boot loaders read: GRUB's script, GRUB Legacy's menu, BLS entries, grubenv, EXTLINUX."""

import collections
import contextlib

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, cmdline_changes
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import (
    bls_entry,
    extlinux_conf,
    grub2_defaults,
    grub2_menu,
    grub_script,
    grubenv,
    menu_lst,
)
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import guest_path
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from hypothesis import given, settings
from hypothesis import strategies as st

WANTED = cmdline_changes.request(["a=1", "console=ttyS0"], ["quiet"])


# GRUB's script


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b", ["a", "b"]),
        ("'a b' c", ["a b", "c"]),
        ('x="p  q" y', ["x=p  q", "y"]),
        ('"a\\"b\\\\c\\$d\\n"', ['a"b\\c$d\\n']),
        ("a\\ b", ["a b"]),
        ("${vt} $x a${b}c", ["${vt}", "$x", "a${b}c"]),
        ("a # comment", ["a"]),
        ("a#b", ["a#b"]),
    ],
)
def test_grub_splits_words_in_its_own_way(text, words):
    assert [word.text for word, _unused in grub_script._scan(text, "a line") if word.text is not None] == words


@pytest.mark.parametrize(
    ("text", "written", "passed"),
    [
        ("quiet ds=nocloud;s=http://a b", ["quiet", "ds=nocloud;s=http://a", "b"], ["quiet", "ds=nocloud"]),
        ("a {b} c", ["a", "{b}", "c"], ["a"]),
        ("a 'x;y' \\;z", ["a", "x;y", ";z"], ["a", "x;y", ";z"]),
        ("a #b c", ["a", "#b", "c"], ["a"]),
    ],
)
def test_what_ends_the_command_stays_in_the_written_parameter_and_ends_what_the_kernel_gets(text, written, passed):
    assert [token.text for token in grub_script.tokens(text)] == written
    assert grub_script.passed(text) == passed


@pytest.mark.parametrize(("word", "given"), [("a=b", "a=b"), ("x=p q", '"x=p q"'), ("it's", "it\\'s"), ('a"b', 'a\\"b')])
def test_grub_quotes_what_it_hands_to_the_kernel(word, given):
    assert grub_script.as_kernel_gets(word) == given


@pytest.mark.parametrize(
    ("parameter", "written"),
    [
        ("a=b", "a=b"),
        ('x="p q"', 'x="p q"'),
        ('"x=p q"', 'x="p q"'),
        ("a=1;2", 'a="1;2"'),
        ("a=$b", 'a="\\$b"'),
        ('"a b"', '"a b"'),
        ("#a=b", '"#a=b"'),
        ("a=#b", "a=#b"),
        ("a;b=c", '"a;b=c"'),
        ("a{=b", '"a{=b"'),
    ],
)
def test_a_parameter_is_written_so_that_grub_passes_it_on(parameter, written):
    assert grub_script.write_parameter(parameter) == written
    assert kernel_cmdline.same(grub_script.tokens(written)[0].text, parameter)


def test_menu_entries_of_submenus_and_sections_are_found():
    text = (
        "### BEGIN /etc/grub.d/10_linux ###\nmenuentry 'A' --id x {\n\tlinux /vmlinuz root=/dev/sda1 ro\n}\n"
        "submenu 'More' {\n\tmenuentry 'B' { linux /b ; initrd /i }\n}\n### END /etc/grub.d/10_linux ###\n"
        '### BEGIN /etc/grub.d/40_custom ###\nmenuentry "C" {\n chainloader +1\n}\n### END /etc/grub.d/40_custom ###\n'
    )
    found = grub_script.menu_entries(text)
    assert [(entry.heading[0], entry.line, entry.section) for entry in found] == [
        ("A", 2, "/etc/grub.d/10_linux"),
        ("B", 6, "/etc/grub.d/10_linux"),
        ("C", 10, "/etc/grub.d/40_custom"),
    ]
    assert [[word.text for word in command.words] for command in found[1].commands] == [["linux", "/b"], ["initrd", "/i"]]


@pytest.mark.parametrize(
    ("text", "cause"),
    [("menuentry 'x {\n", "line 1: its single quote"), ("\n}\n", "line 2: its '}' closes nothing"), ("menuentry x {\n", "a '{' is never closed")],
)
def test_a_broken_menu_is_refused(text, cause):
    with pytest.raises(ImagewrightError, match=cause):
        grub_script.menu_entries(text)


def test_a_menu_by_hand_is_changed_in_its_own_quoting():
    text = "menuentry 'A' {\n  linux /vmlinuz root=/dev/sda1 'quiet' x=\"p q\" # why\n}\nmenuentry B {\n linux /b\n}\n"
    assert grub2_menu.change_by_hand("grub.cfg", text, WANTED, True, True) == (
        "menuentry 'A' {\n  linux /vmlinuz root=/dev/sda1 x=\"p q\" a=1 console=ttyS0 # why\n}\nmenuentry B {\n linux /b a=1 console=ttyS0\n}\n"
    )


@pytest.mark.parametrize(
    ("text", "stub"),
    [
        ("search --fs-uuid --set=dev 1\nset prefix=($dev)/grub2\nconfigfile $prefix/grub.cfg\n", True),
        ("menuentry x {\n configfile /other\n}\n", False),
        ("### BEGIN /etc/grub.d/00_header ###\nconfigfile x\n", False),
    ],
)
def test_a_stub_on_an_esp_is_known(text, stub):
    assert grub2_menu.is_stub(text) is stub


# GRUB Legacy


def test_a_kernel_line_that_names_no_kernel_gets_no_parameters():
    text = "title x\n    kernel\n"
    assert menu_lst.stanzas(text) == [] and menu_lst.change(text, WANTED, True, True) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("title a\nkernel /vmlinuz ro quiet\n", "title a\nkernel /vmlinuz ro a=1 console=ttyS0\n"),
        ("title a\nkernel=/vmlinuz\n", "title a\nkernel=/vmlinuz a=1 console=ttyS0\n"),
        ("title\ta\n\tkernel --no-mem-option (hd0,0)/vmlinuz ro\r\n", "title\ta\n\tkernel --no-mem-option (hd0,0)/vmlinuz ro a=1 console=ttyS0\r\n"),
        (
            "title x\nkernel /xen.gz quiet\nmodule /vmlinuz quiet\nmodule /initrd\n",
            "title x\nkernel /xen.gz quiet\nmodule /vmlinuz a=1 console=ttyS0\nmodule /initrd\n",
        ),
        ("title m\nkernel /memtest86+.bin\n", "title m\nkernel /memtest86+.bin\n"),
        ("title w\nrootnoverify (hd0,1)\nchainloader +1\n", "title w\nrootnoverify (hd0,1)\nchainloader +1\n"),
        ("# kernel /x quiet\ntitle a\n#kernel /y quiet\nkernel /z\n", "# kernel /x quiet\ntitle a\n#kernel /y quiet\nkernel /z a=1 console=ttyS0\n"),
        ("title a\nkernel /z ro \\\n quiet\ninitrd /i\n", "title a\nkernel /z ro a=1 console=ttyS0\ninitrd /i\n"),
        ("title a\nkernel /z quiet \\\r\n\tro\r\n", "title a\nkernel /z ro a=1 console=ttyS0\r\n"),
        ("title a\nkernel /z ro \\\n x\n", "title a\nkernel /z ro \\\n x a=1 console=ttyS0\n"),
        ("title a\n# see \\\nkernel /y quiet\nkernel /z\n", "title a\n# see \\\nkernel /y quiet\nkernel /z a=1 console=ttyS0\n"),
        ("# kopt=root=/dev/sda1 quiet\ntitle a\nkernel /z a=1 console=ttyS0\n", "# kopt=root=/dev/sda1 quiet\ntitle a\nkernel /z a=1 console=ttyS0\n"),
    ],
)
def test_legacy_stanzas_are_changed_in_place(before, after):
    assert menu_lst.change(before, WANTED, True, True) == after
    assert menu_lst.change(after, WANTED, True, True) == after


AUTOMAGIC = "### BEGIN AUTOMAGIC KERNELS LIST\n## ## Start Default Options ##\n{}## ## End Default Options ##\n### END DEBIAN AUTOMAGIC KERNELS LIST\n"


@pytest.mark.parametrize(
    "text",
    [
        "# kopt=ro quiet\n",
        "### BEGIN AUTOMAGIC KERNELS LIST\n# kopt=ro quiet\n## ## End Default Options ##\n",
        "## ## Start Default Options ##\n# kopt=ro quiet\n## ## End Default Options ##\n",
    ],
)
def test_a_comment_outside_of_its_marks_is_a_comment(text):
    assert menu_lst.magic(text) == [] and menu_lst.change(text, WANTED, True, True) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# kopt=ro quiet\n# defoptions=a=2\n", "# kopt=ro console=ttyS0\n# defoptions=a=1\n"),
        ("# kopt=ro\n# kopt_2_6=root=x\n# defoptions=quiet\n", "# kopt=ro a=1 console=ttyS0\n# kopt_2_6=root=x a=1 console=ttyS0\n# defoptions=\n"),
        ("## kopt=root=/dev/hda1 quiet\n# kopt=ro\n", "## kopt=root=/dev/hda1 quiet\n# kopt=ro a=1 console=ttyS0\n"),
        ("# kopt=ro\n# xenkopt=quiet\n# xenhopt=quiet\n", "# kopt=ro a=1 console=ttyS0\n# xenkopt=quiet\n# xenhopt=quiet\n"),
    ],
)
def test_debians_comments_are_changed_as_they_are_used(before, after):
    before, after = AUTOMAGIC.format(before), AUTOMAGIC.format(after)
    for end in ("\n", "\r\n"):
        assert menu_lst.change(before.replace("\n", end), WANTED, False, True) == after.replace("\n", end)
        assert menu_lst.change(after.replace("\n", end), WANTED, False, True) == after.replace("\n", end)


def test_recovery_options_lose_what_is_unwanted_and_normal_ones_move():
    before = AUTOMAGIC.format("# kopt=ro\n# defoptions=a=2\n# altoptions=(recovery mode) single quiet\n")
    assert menu_lst.change(before, WANTED, True, True) == AUTOMAGIC.format("# kopt=ro console=ttyS0 a=1\n# defoptions=\n# altoptions=(recovery mode) single\n")


@pytest.mark.parametrize(("default", "title"), [("default=1\n", "b"), ("default 1\n", "b"), ("", "a"), ("default saved\n", "a"), ("default 9\n", "a")])
def test_the_default_counts_all_titles(default, title):
    text = default + "title a\nkernel /a\ntitle b\nkernel /b\n"
    assert menu_lst.default_stanza(text).title == title


# Boot Loader Specification


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("title x\noptions ro quiet\nlinux /l\n", "title x\noptions ro a=1 console=ttyS0\nlinux /l\n"),
        ("options\tro\r\n", "options\tro a=1 console=ttyS0\r\n"),
        ("options quiet ro\noptions a=2\n", "options ro\noptions a=1 console=ttyS0\n"),
        ("linux /l", "linux /l\noptions a=1 console=ttyS0\n"),
        ("# options quiet\noptions x\n", "# options quiet\noptions x a=1 console=ttyS0\n"),
        ("options $kernelopts $tuned_params\n", "options $kernelopts $tuned_params\n"),
        ("options $kernelopts a=2 quiet x\n", "options $kernelopts x\n"),
        ("options ro $tuned_params\n", "options ro $tuned_params a=1 console=ttyS0\n"),
    ],
)
def test_options_lines_count_as_one(before, after):
    assert bls_entry.change(before, WANTED) == after
    assert bls_entry.change(after, WANTED) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("options quiet ro\noptions a=2 x\n", "options ro a=1 console=ttyS0\noptions x\n"),
        ("options $kernelopts\noptions quiet x\n", "options $kernelopts\noptions x\n"),
        ("options ro -- init\noptions x\n", "options ro a=1 console=ttyS0 -- init\noptions x\n"),
        ("options quiet ro\n", "options ro a=1 console=ttyS0\n"),
    ],
)
def test_of_several_options_lines_grub_reads_the_first(before, after):
    assert bls_entry.change(before, WANTED, first_only=True) == after
    assert bls_entry.change(after, WANTED, first_only=True) == after


def test_the_wanted_console_of_kernelopts_stays_the_last_one():
    after = "options console=hvc0 $kernelopts x $tuned_params\n"
    assert bls_entry.change("options $kernelopts x console=hvc0 $tuned_params\n", WANTED) == after
    assert bls_entry.change(after, WANTED) == after


def test_variables_of_grub_are_put_in():
    environment = {"kernelopts": "root=x  ro", "tuned_params": ""}
    assert bls_entry.expand("$kernelopts $tuned_params y", environment) == "root=x ro y"


# grubenv


def block(*lines):
    text = "".join([grubenv.SIGNATURE] + [line + "\n" for line in lines])
    return text + "#" * (1024 - len(text))


def test_one_variable_of_a_block_is_set_and_the_rest_stays():
    before = block("saved_entry=x", "# WARNING: do not edit", "kernelopts=ro quiet", "boot_success=1")
    assert grubenv.with_value(before, "kernelopts", "ro a\\b") == block("saved_entry=x", "# WARNING: do not edit", "kernelopts=ro a\\\\b", "boot_success=1")
    assert grubenv.with_value(block(), "a", "1") == block("a=1")


def test_escapes_of_a_block_are_read_back():
    assert grubenv.parse(block("a=x\\\\y")) == {"a": "x\\y"}


def test_a_block_that_overflows_is_refused():
    assert len(grubenv.with_value(block(), "a", "x" * (1024 - 25 - 3))) == 1024
    with pytest.raises(ImagewrightError, match="1 bytes longer than the 1024 bytes"):
        grubenv.with_value(block(), "a", "x" * (1024 - 25 - 2))


@pytest.mark.parametrize("text", ["", "x" * 1024, block("a=1")[:-1], block("a=1") + "#", grubenv.SIGNATURE + "a=1" + "#" * 996])
def test_what_is_no_block_is_refused(text):
    with pytest.raises(ImagewrightError, match="not a GRUB environment block"):
        grubenv.parse(text)


# EXTLINUX


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("LABEL a\n  LINUX /l\n  APPEND ro quiet\n", "LABEL a\n  LINUX /l\n  APPEND ro a=1 console=ttyS0\n"),
        ("label a\n\tkernel /l\n\tinitrd /i\n", "label a\n\tkernel /l\n\tappend a=1 console=ttyS0\n\tinitrd /i\n"),
        ("append quiet\nlabel a\n kernel /l\n", "append a=1 console=ttyS0\nlabel a\n kernel /l\n"),
        ("label a\n kernel menu.c32\n append quiet\n", "label a\n kernel menu.c32\n append quiet\n"),
        ("append quiet\nlabel a\n kernel /l\n append x\n", "append quiet\nlabel a\n kernel /l\n append x a=1 console=ttyS0\n"),
    ],
)
def test_labels_are_changed_in_place(before, after):
    assert extlinux_conf.change(before, WANTED, True, True) == after
    assert extlinux_conf.change(after, WANTED, True, True) == after


# Where a kernel is


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("/vmlinuz-1", "boot/vmlinuz-1"),
        ("/boot/vmlinuz-1", "boot/vmlinuz-1"),
        ("(hd0,0)/vmlinuz-1", "boot/vmlinuz-1"),
        ("($root)/boot/vmlinuz-1", "boot/vmlinuz-1"),
        ("/@/boot/vmlinuz-1", "boot/vmlinuz-1"),
        ("vmlinuz-1", "boot/vmlinuz-1"),
        ("/@/.snapshots/1/snapshot/boot/vmlinuz-1", "boot/vmlinuz-1"),
        ("/vmlinuz", "vmlinuz"),
    ],
)
def test_a_loaders_path_is_found_in_the_guest(written, place, tmp_path):
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert guest_path(LiveTree(str(tmp_path)), written) == "/" + place


@given(st.text(alphabet="titlekernod /=\n\tvm-x\"'{}#$\\", max_size=80))
@settings(deadline=None)
def test_any_text_is_read_or_refused(text):
    for change in (
        lambda: menu_lst.change(text, WANTED, True, True),
        lambda: bls_entry.change(text, WANTED),
        lambda: extlinux_conf.change(text, WANTED, True, True),
        lambda: grub2_menu.change_by_hand("x", text, WANTED, True, True),
        lambda: grubenv.parse(text),
    ):
        try:
            change()
        except ImagewrightError as error:
            assert "cannot" in str(error)


@given(st.text(alphabet='ab=-_ .;&|<>{}$#"~%,é', min_size=1, max_size=12), st.sampled_from(["quiet", "", "a=1 quiet -- x", 'x=\\"p q\\"']))
@settings(deadline=None)
def test_any_parameter_reaches_every_loader_or_is_refused(parameter, line):
    with contextlib.suppress(ImagewrightError):
        wanted = cmdline_changes.request([parameter], ["unwanted"])
        entry = bls_entry.change(f"linux /l\noptions {line}\n", wanted)
        assert cmdline_changes.is_right(bls_entry.options(entry), wanted)
        texts = collections.OrderedDict([(grub2_defaults.MAIN, f'GRUB_CMDLINE_LINUX="{line}"\n')])
        value = grub2_defaults.change(grub2_defaults.Defaults(texts, False), wanted, True).effective("GRUB_CMDLINE_LINUX")
        assert cmdline_changes.is_right(" ".join(token.text for token in grub_script.tokens(value)), wanted)
        menu = grub2_menu.change_by_hand("x", "menuentry x {\n linux /l quiet\n}\n", wanted, True, True)
        assert grub2_menu.change_by_hand("x", menu, wanted, True, True) == menu

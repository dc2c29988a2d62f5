# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What GRUB drops of a menu with an error in its syntax. The expected entries are those that grub-emu 2.06 showed for each text."""

import pathlib

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub_reader
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

_ONE, _TWO = 'menuentry "one" {\n echo x\n}\n', 'menuentry "two" {\n echo y\n}\n'
_FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures"


@pytest.mark.parametrize(
    ("text", "lines", "titles"),
    [
        (_ONE + _TWO + "fi\necho a\n", [(7, 7)], ["one", "two"]),
        ("if true; then\n" + _ONE + _TWO, [(1, 7)], []),
        (_ONE + "if true; then\n" + _TWO, [(4, 7)], ["one"]),
        (_ONE + 'menuentry "two" {\n echo y\n', [(4, 5)], ["one"]),
        (_ONE + ' echo "abc\n' + _TWO, [(4, 5)], ["one"]),
        (_ONE + " echo 'abc\n" + _TWO, [(4, 4)], ["one"]),
        ("echo 'it's'\n" + _ONE, [(1, 1)], []),
        # the rest of an entry behind the error is run, and its } is an error again
        ('menuentry "zero" {\n echo z\n fi\n echo zz\n}\n' + _ONE, [(1, 3), (5, 5)], ["one"]),
        ('menuentry "zero" {\n}\n' + _ONE, [(1, 2)], ["one"]),
        ("}\n" + _ONE, [(1, 1)], ["one"]),
        ("if true; then\nfi\n" + _ONE, [(1, 2)], ["one"]),
        ("if true then\n echo q\nfi\n" + _ONE, [(1, 3)], ["one"]),
        ('menuentry "zero" {\n if true; then\n echo z\n}\n' + _ONE, [(1, 4)], ["one"]),
        ("menuentry zero\n{\n echo z\n}\n" + _ONE, [(2, 2), (4, 4)], ["one"]),
        ("submenu s {\n" + _ONE + " if false; then\n echo q\n}\n" + _TWO, [(1, 7)], ["two"]),
        ("menuentry a { true; } menuentry b { true; }\n" + _ONE, [(1, 1)], ["one"]),
        ("function f {\n echo q }\n" + _ONE, [(1, 2)], ["one"]),
        ("echo a && echo b\nset x=a > b\necho a; ; echo b\ncase a\n[[ a = b ]]\n" + _ONE, [(n, n) for n in range(1, 6)], ["one"]),
        ('echo "a $ b"\necho a$ b\nset x="${foo"\nset x=${foo\n' + _ONE, [(n, n) for n in range(1, 5)], ["one"]),
        # what is right
        ("if true; then echo q; fi\nfunction f {\n echo q;}\nf\n" + _ONE, [], ["one"]),
        ("menuentry a { echo z }\nmenuentry b { echo z; }; " + _ONE, [], ["a", "b", "one"]),
        ("if [ a = b ]; then\n true\nelse if true; then\n echo fi\nfi\nfi\nfor i in 1 2; do echo $i; done\n" + _ONE, [], ["one"]),
        ("menuentry 'a' --class x { # why\n echo z\n} # end\nset y='a#b' # it's\n" + _ONE, [], ["a", "one"]),
        ('if [ a = b ]; then\n true\nelif [ $? = 1 ]\nthen\n\n echo "${x}$1" \\\n  b\nelse\n true\nfi\nuntil true\ndo true\ndone', [], []),
    ],
)
def test_what_is_left_is_what_grub_shows(text, lines, titles):
    left, dropped = grub_reader.as_run(text)
    assert [(drop.line, drop.last) for drop in dropped] == lines
    assert [entry.heading[0] for entry in grub_reader.menu_entries(text)] == titles
    assert len(left) == len(text) and left.count("\n") == text.count("\n") and grub_reader.as_run(left)[1] == []


@pytest.mark.parametrize("path", sorted(_FIXTURES.rglob("grub.cfg")), ids=lambda path: str(path.relative_to(_FIXTURES)).replace("/", "-"))
def test_nothing_of_a_recorded_menu_is_dropped(path):
    text = path.read_text()
    assert grub_reader.as_run(text) == (text, [])


def test_a_menu_that_is_deeper_than_any_is_refused():
    with pytest.raises(ImagewrightError, match="stand in each other"):
        grub_reader.as_run("submenu a {\n" * 1000)

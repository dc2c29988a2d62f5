# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which commands of a script run whatever is the case: none of a here-document, of a text in quotes, of a condition or of a function."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_lines import unguarded


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("cat <<EOF\nexit\nEOF\ntrue\n", ["cat <<EOF", "true"]),
        ("cat <<-'END' > /run/a\n\texit\n\tEND\nexit 3\n", ["cat <<-'END' > /run/a", "exit 3"]),
        ("cat <<A <<\\B\nexit\nA\nexit\nB\nid\n", ["cat <<A <<\\B", "id"]),
        ("read -r a <<< text\nexit\n", ["read -r a <<< text", "exit"]),
        ("echo $((1 << shift))\nexit\n", ["echo $((1 << shift))", "exit"]),
        ("awk '\nexit\n' /etc/passwd\nid\n", ["awk '", "id"]),
        ('echo "a \\" b\nexit\n"\nid\n', ['echo "a \\" b', "id"]),
        ("echo it\\'s so  # don't\nexit\n", ["echo it\\'s so  # don't", "exit"]),
        ("echo ${#a} 'b'\nexit\n", ["echo ${#a} 'b'", "exit"]),
        ("if true; then\n exit\nfi\nid\n", ["id"]),
        ("end() {\n exit\n}\nid\n", ["id"]),
        ("test -f /a ||\nexit\nid\n", ["test -f /a ||", "id"]),
        ("id\nreturn 0\nexit\n", ["id", "return 0"]),
    ],
)
def test_what_runs_whatever_is_the_case(script, commands):
    assert [command for _number, command in unguarded(list(enumerate(script.splitlines(), 1)))] == commands

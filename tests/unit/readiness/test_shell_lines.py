# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which commands of a script run whatever is the case: none of a here-document, of a text in quotes, of a condition or of a function."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_lines import called, chained, unguarded


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


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("iptables -P INPUT DROP && iptables -P OUTPUT DROP", ["iptables -P INPUT DROP", "iptables -P OUTPUT DROP"]),
        ("sleep 5 && /bin/echo done && poweroff", ["sleep 5", "/bin/echo done", "poweroff"]),
        ("test -f /a && poweroff", ["test -f /a"]),
        ("cd /opt && ./own && poweroff", ["cd /opt"]),
        ("echo 'a && b'", ["echo 'a && b'"]),
        ("echo 'a && b' && id", ["echo 'a && b'", "id"]),
        ("true && false || poweroff", ["true && false || poweroff"]),
        ("id", ["id"]),
    ],
)
def test_what_stands_behind_commands_that_do_not_fail_runs(line, commands):
    assert chained(line) == commands


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ('main() {\n  id\n  if true; then\n    exit\n  fi\n  who\n}\nmain "$@"\n', ["id", "who"]),
        ("function main\n{\n  id\n}\nmain\ntrue\n", ["id", "true"]),
        ("main() {\n  id\n}\ntrue\n", ["true"]),
        ("main() {\n  id\n}\n[ -n $1 ] && main\n", ["[ -n $1 ] && main"]),
    ],
)
def test_a_function_that_is_called_runs(script, commands):
    assert [command for _number, command in called(list(enumerate(script.splitlines(), 1)))] == commands

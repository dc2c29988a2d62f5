# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sudo itself says whose password it asks for, and the module the same; the role on a guest with and without sudo."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers_access, sudoers_lines

#: Behind it the drop-ins, by which the lab itself becomes root.
RULE = "tester ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n"

#: For a guest whose sudo is gone.
AS_ROOT = {"ansible_user": "root", "ansible_become": False}

#: text of sudoers, whether everybody is asked for root's password.
CASES = [
    ("", False),
    ("Defaults targetpw\n", True),
    ("Defaults:ALL targetpw\n", True),
    ("Defaults@ALL targetpw\n", True),
    ("Defaults>ALL targetpw\n", True),
    ("Defaults!ALL targetpw\n", True),
    ("Defaults:!ALL targetpw\n", False),
    ('Defaults:"ALL" targetpw\n', False),
    ("Defaults:!!ALL targetpw\n", True),
    ("Defaults:ALL,!eve targetpw\n", True),
    ("Defaults>root targetpw\n", True),
    ("Defaults>eve targetpw\n", False),
    ("User_Alias EVERYBODY = ALL\nDefaults:EVERYBODY targetpw\n", True),
    ("Host_Alias ANY = ALL\nDefaults@ANY rootpw\n", True),
    ("Defaults:ALL targetpw\nDefaults !targetpw\n", False),
    ("Defaults targetpw\nDefaults:ALL !targetpw\n", False),
    ("Defaults!ALL targetpw\nDefaults !targetpw\n", True),
    ("Defaults!ALL !targetpw\nDefaults targetpw\n", False),
]


def asked_of(guest, text):
    """Return the name (str) of the account whose password sudo asks the user tester for."""
    guest.write("/etc/sudoers", text + RULE, "440")
    prompt = guest.run(["su", "tester", "-c", "sudo -k; sudo -S -p '[%p]' true </dev/null"], check=False)
    return (prompt.stdout + prompt.stderr).partition("[")[2].partition("]")[0]


@pytest.fixture
def tester(fresh_guest):
    """A guest with a user tester; /etc/sudoers is put back."""
    fresh_guest.run("id tester 2>/dev/null || useradd -m tester; cp -a /etc/sudoers /root/sudoers")
    yield fresh_guest
    fresh_guest.run("cp -a /root/sudoers /etc/sudoers")


def test_the_module_knows_whose_password_sudo_asks_for(tester):
    asked = {text: asked_of(tester, text) for text, _everybody in CASES}
    assert asked == {text: "root" if everybody else "tester" for text, everybody in CASES}
    for text, everybody in CASES:
        told = sudoers_access.asks_other_password([("/etc/sudoers", line) for line in sudoers_lines.lines(text + RULE)])
        assert (told is not None) == everybody, text


@pytest.mark.parametrize("kind", ["", ":ALL", "@ALL", ">ALL", "!ALL"])
def test_after_the_role_sudo_asks_for_the_own_password(tester, kind):
    assert asked_of(tester, f"Defaults{kind} targetpw\nALL ALL=(ALL) ALL\n") == "root"

    predicted = tester.role("guest_sudoers", check=True)
    first, second = tester.role("guest_sudoers"), tester.role("guest_sudoers")

    assert predicted.changed_tasks() == first.changed_tasks() != [] and second.changed_tasks() == []
    assert tester.read("/etc/sudoers") == f"# Defaults{kind} targetpw\n# ALL ALL=(ALL) ALL\n" + RULE
    assert asked_of(tester, tester.read("/etc/sudoers")) == "tester"


def test_a_guest_without_sudo_is_left_as_it_is(tester):
    tester.run("rm /etc/sudoers; mv /usr/bin/sudo /root/sudo")
    try:
        play = tester.role("guest_sudoers", AS_ROOT)
        assert not play.failed and play.changed_tasks() == []
        assert play.tasks[-1]["result"]["main_file"] is None and "warnings" not in play.tasks[-1]["result"]
        wrong = tester.role("guest_sudoers", {**AS_ROOT, "guest_sudoers_path": "/etc/sudores"})
        assert "cannot clean /etc/sudores: there is no such file" in wrong.failed_tasks()[0]
    finally:
        tester.run("mv /root/sudo /usr/bin/sudo")

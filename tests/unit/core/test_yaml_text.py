# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML of a guest: values with their places, bounds, and edits that leave the text around them."""

import sys
import time

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core import yaml_text
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

NETPLAN = """# by hand
network:
  version: 2
  ethernets:
    eth0:
      dhcp4: on   # the office
      addresses:
      - 10.0.0.5/24
      - {10.0.0.6/24: {label: x}}

  bridges: {br0: {interfaces: [eth0]}}
"""


def test_every_key_and_item_has_its_line():
    document = yaml_text.load("/x.yaml", NETPLAN)

    assert yaml_text.get(document, "network", "ethernets", "eth0", "dhcp4") is True
    assert yaml_text.line(document, "network", "ethernets", "eth0", "dhcp4") == 6
    assert yaml_text.line(document, "network", "ethernets", "eth0", "addresses", 1) == 9
    assert yaml_text.line(document, "network", "bridges", "br0", "interfaces") == 11
    assert yaml_text.line(document, "network", "bridges", "br1") == 11
    assert yaml_text.get(document, "network", "version", "none") is None


def test_a_key_that_a_merge_gives_has_the_line_where_the_file_begins_to_speak():
    document = yaml_text.load("/x.yaml", "# ours\nbase: &base\n  network: {config: [{type: physical}]}\n<<: *base\n")
    assert yaml_text.get(document, "network", "config", 0, "type") == "physical"
    assert yaml_text.line(document, "network", "config", 0) == 2


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_an_empty_file_has_no_value(text):
    assert yaml_text.load("/x.yaml", text).value is None


@pytest.mark.parametrize(
    "text, cause",
    [
        ("a: [1\n", "/x.yaml line 2: it is not right YAML"),
        ("a: 1\n b: 2\n", "/x.yaml line 2: it is not right YAML"),
        ("a: \x00\n", "/x.yaml: it is not right YAML"),
        ("a: \udcff\n", "/x.yaml: it is not right YAML"),
        ("a: !!python/object:os.system {}\n", "/x.yaml line 1: it is not right YAML"),
        ("a: 2026-13-77\n", "/x.yaml: it has a value that is none of YAML"),
        ("a: &x [*x]\n", "/x.yaml line 1: it refers to itself"),
        ("[" * 60, "/x.yaml line 1: it nests deeper than 50 levels"),
        ("a" * 300000, "/x.yaml: it has more than 256 KiB"),
        ("a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)), "it has more than 50000 values"),
        ("a0: &a0 {x: x}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40)), "it has more than 50000 values"),
    ],
)
def test_what_is_no_yaml_or_past_the_bounds_is_one_error_in_a_moment(text, cause):
    begin = time.monotonic()

    with pytest.raises(ImagewrightError) as caught:
        yaml_text.load("/x.yaml", text)

    assert cause in str(caught.value)
    assert time.monotonic() - begin < 5


def test_without_pyyaml_the_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)

    with pytest.raises(ImagewrightError, match=r"cannot read /etc/netplan/a.yaml: it is YAML, .* has no PyYAML; install python3-yaml") as caught:
        yaml_text.load("/etc/netplan/a.yaml", "a: 1\n")

    assert caught.value.details == {"missing": "PyYAML"}


def test_a_python_that_has_pyyaml_is_looked_for_once(monkeypatch, tmp_path):
    from ansible.module_utils.common import respawn

    asked, started = [], []
    monkeypatch.setitem(sys.modules, "yaml", None)
    monkeypatch.setattr(respawn, "probe_interpreters_for_module", lambda paths, name: asked.append(name) or "/usr/bin/python3")
    monkeypatch.setattr(respawn, "respawn_module", started.append)

    yaml_text.respawn_where_needed(LiveTree(str(tmp_path)))
    (tmp_path / "etc/netplan").mkdir(parents=True)
    yaml_text.respawn_where_needed(LiveTree(str(tmp_path)))
    monkeypatch.setattr(respawn, "has_respawned", lambda: True)
    yaml_text.respawn_where_needed(LiveTree(str(tmp_path)))

    assert (asked, started) == (["yaml"], ["/usr/bin/python3"])


def test_no_other_python_is_started_where_this_one_has_pyyaml(monkeypatch, tmp_path):
    from ansible.module_utils.common import respawn

    monkeypatch.setattr(respawn, "respawn_module", pytest.fail)

    (tmp_path / "etc/cloud").mkdir(parents=True)
    yaml_text.respawn_where_needed(LiveTree(str(tmp_path)))


@pytest.mark.parametrize(
    "text, keys, after",
    [
        ("a: 1\nnetwork:\n  version: 2\n  ethernets: {}\n\n# end\nb: 2\n", ("network",), "a: 1\n\n# end\nb: 2\n"),
        ("network: {config: disabled}\n", ("network",), ""),
        ("a: 1\nnetwork: {config: disabled}  # ours", ("network",), "a: 1\n"),
        ("a:\n  b: 1\n  c: |\n    text\n    more\n\n  d: 3\n", ("a", "c"), "a:\n  b: 1\n\n  d: 3\n"),
        ("a:\n  b: {c: 1}\nd: 1\n", ("a", "b", "c"), "d: 1\n"),
        ("a:\r\n  - 1\r\nb: 2\r\n", ("a",), "b: 2\r\n"),
        ("a: 1\n", ("b",), "a: 1\n"),
        ("a:\nb: 2\n", ("a",), "b: 2\n"),
        ("'a': 1\nb: 2\n", ("a",), "b: 2\n"),
    ],
)
def test_a_key_goes_and_the_text_around_it_stays(text, keys, after):
    assert yaml_text.without("/x.yaml", text, [keys]) == after


@pytest.mark.parametrize(
    "text, keys, cause",
    [
        ("{a: 1, b: 2}\n", ("a",), "cannot take a out of /x.yaml line 1: something else stands behind it in its line"),
        ("x: {a: 1,\n  b: 2}\n", ("x", "b"), "cannot take x.b out of /x.yaml line 2"),
        ("x:\n - a: 1\n   b: 2\n", ("x", 0, "a"), "cannot take x.0.a out of /x.yaml line 2"),
        ("a: &x {k: 1}\nb: *x\n", ("a",), "undefined alias"),
        ("a: 1\na: 2\n", ("a",), "other lines refer to it"),
        ("x: &x {a: 1}\n<<: *x\n", ("a",), "cannot take a out of /x.yaml line 1: a merge key (`<<`) gives it"),
    ],
)
def test_what_cannot_be_taken_out_alone_is_refused(text, keys, cause):
    with pytest.raises(ImagewrightError) as caught:
        yaml_text.without("/x.yaml", text, [keys])

    assert cause in str(caught.value)

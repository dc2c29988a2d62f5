# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""waagent.conf as text: the agent's parser rules, and changes that touch nothing else."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagewright.azure.plugins.module_utils import waagent
from ansible_collections.imagewright.azure.plugins.module_utils.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.waagent_keys import INTEGER, KEYS, SWITCH


@pytest.mark.parametrize("text, expected", [
    ("ResourceDisk.Format=y\n", {"ResourceDisk.Format": "y"}),
    ("ResourceDisk.Format = y\n", {"ResourceDisk.Format": "y"}),
    ("ResourceDisk.SwapSizeMB=2048    ## NOTE: set this to whatever you need\n", {"ResourceDisk.SwapSizeMB": "2048"}),
    ("#ResourceDisk.Format=y\n", {}),
    (" # ResourceDisk.Format=y\n", {"# ResourceDisk.Format": "y"}),
    ('OS.OpensslPath="/usr/bin/openssl" \n', {"OS.OpensslPath": "/usr/bin/openssl"}),
    ("OS.OpensslPath='/usr/bin/openssl'\n", {"OS.OpensslPath": "'/usr/bin/openssl'"}),
    ("OS.OpensslPath=None\n", {"OS.OpensslPath": None}),
    ("Logs.Verbose=y\nLogs.Verbose=n\n", {"Logs.Verbose": "n"}),
    ("Logs.Verbose=y\r\n", {"Logs.Verbose": "y"}),
    ('Logs.Verbose="y"\r\n', {"Logs.Verbose": 'y"'}),
    ("a=b=c\n", {"a": "b=c"}),
    ("no setting here\n", {}),
    ("", {}),
])
def test_a_file_is_read_as_the_agent_reads_it(text, expected):
    assert waagent.parse(text) == expected


@pytest.mark.parametrize("before, wanted, after", [
    pytest.param("Logs.Verbose=n\n", {"Logs.Verbose": "y"}, "Logs.Verbose=y\n", id="changed in place"),
    pytest.param("A=1\n\n# b\nLogs.Verbose = n\nZ=2", {"Logs.Verbose": "y"}, "A=1\n\n# b\nLogs.Verbose=y\nZ=2", id="all else stays"),
    pytest.param("Logs.Verbose = Y  # on\n", {"Logs.Verbose": "y"}, "Logs.Verbose = Y  # on\n", id="same meaning stays byte for byte"),
    pytest.param("ResourceDisk.SwapSizeMB=0 # MiB\n", {"ResourceDisk.SwapSizeMB": "2048"}, "# MiB\nResourceDisk.SwapSizeMB=2048\n",
                 id="a comment behind the value gets a line of its own"),
    pytest.param("# x\n# OS.EnableRDMA=y\nB=1\n", {"OS.EnableRDMA": "n"}, "# x\nOS.EnableRDMA=n\nB=1\n", id="uncommented in place"),
    pytest.param("# OS.EnableRDMA=y turns RDMA on\n", {"OS.EnableRDMA": "n"}, "# OS.EnableRDMA=y turns RDMA on\nOS.EnableRDMA=n\n",
                 id="prose is no commented key"),
    pytest.param("#  OS.EnableRDMA = y  # old\r\n", {"OS.EnableRDMA": "n"}, "# old\r\nOS.EnableRDMA=n\r\n", id="commented with CRLF"),
    pytest.param("B=1", {"OS.EnableRDMA": "n"}, "B=1\nOS.EnableRDMA=n\n", id="added behind an unfinished line"),
    pytest.param("B=1\r\n", {"OS.EnableRDMA": "n"}, "B=1\r\nOS.EnableRDMA=n\r\n", id="added with the file's line end"),
    pytest.param("", {"OS.EnableRDMA": "n"}, "OS.EnableRDMA=n\n", id="added to an empty file"),
    pytest.param("HttpProxy.Host=p\nB=1\n", {"HttpProxy.Host": None}, "# HttpProxy.Host=p\nB=1\n", id="unset becomes a comment"),
    pytest.param("HttpProxy.Host=None\n", {"HttpProxy.Host": None}, "HttpProxy.Host=None\n", id="None is unset already"),
    pytest.param("logs.verbose=n\n", {"Logs.Verbose": "y"}, "logs.verbose=n\nLogs.Verbose=y\n", id="keys are case sensitive"),
    pytest.param("Logs.Verbose=n\nA=1\nLogs.Verbose=y\n", {"Logs.Verbose": "y"}, "Logs.Verbose=y\nA=1\n", id="later duplicates go"),
    pytest.param("Logs.Verbose=y # one\nA=1\nLogs.Verbose=n\nLogs.Verbose=n\n", {"Logs.Verbose": "n", "A": "2"},
                 "# one\nLogs.Verbose=n\nA=2\n", id="two keys at once"),
])
def test_keys_are_set_and_nothing_else_changes(before, wanted, after):
    assert waagent.set_values(before, wanted)[0] == after
    assert waagent.set_values(after, wanted) == (after, [])


def test_removed_duplicates_carry_the_line_they_were_on():
    text = "Logs.Verbose=y # one\nA=1\nLogs.Verbose=n\n\nLogs.Verbose=None\n"
    assert waagent.set_values(text, {"Logs.Verbose": "n"})[1] == [(3, "Logs.Verbose", "n"), (5, "Logs.Verbose", None)]


@pytest.mark.parametrize("key, value, expected", [
    ("ResourceDisk.Format", True, "y"),
    ("ResourceDisk.Format", False, "n"),
    ("ResourceDisk.Format", "Y", "y"),
    ("ResourceDisk.Format", "True", "y"),
    ("ResourceDisk.SwapSizeMB", 2048, "2048"),
    ("ResourceDisk.SwapSizeMB", "2048", "2048"),
    ("Provisioning.PasswordCryptId", 6, "6"),
    ("Provisioning.Agent", "cloud-init", "cloud-init"),
    ("HttpProxy.Host", None, None),
    ("ResourceDisk.MountOptions", "compress=lzo,noatime", "compress=lzo,noatime"),
])
def test_a_value_is_written_as_the_agent_understands_it(key, value, expected):
    assert waagent.file_value(key, value) == expected


@pytest.mark.parametrize("key, value, words", [
    ("ResourceDisk.Format", "yes", "only y and n"),
    ("ResourceDisk.Format", 1, "only y and n"),
    ("ResourceDisk.Format", "1", "only y and n"),
    ("ResourceDisk.SwapSizeMB", "2 GiB", "whole number (default 0)"),
    ("ResourceDisk.SwapSizeMB", True, "takes an integer"),
    ("ResourceDisk.SwapSizeMB", "-1", "whole number"),
    ("ResourceDisk.SwapSizeMB", 2.5, "takes an integer"),
    ("HttpProxy.Port", 65536, "between 1 and 65535"),
    ("HttpProxy.Host", "a#b", "cuts a value at '#'"),
    ("HttpProxy.Host", "a\nLogs.Verbose=y", "end of the line"),
    ("HttpProxy.Host", '"a"', "double quotes around it"),
    ("HttpProxy.Host", "", "finds nothing"),
    ("HttpProxy.Host", "None", "set null"),
    ("HttpProxy.Host", ["a"], "takes text"),
    ("Provisioning.Agent", "cloudinit", "auto, waagent, cloud-init, disabled"),
    ("ResourceDisk.MountPoint", "mnt", "absolute path"),
    ("resourcedisk.format", True, "did you mean ResourceDisk.Format?"),
    ("Home.Dir", "/home", "did you mean OS.HomeDir?"),
    ("AutoUpdate.Frequency", 1, "did you mean Autoupdate.Frequency?"),
    ("Zebra", 1, "allow_unknown"),
])
def test_a_value_that_the_agent_would_not_take_is_refused(key, value, words):
    with pytest.raises(ImagewrightError) as caught:
        waagent.file_value(key, value)
    assert words in str(caught.value) and key in str(caught.value)


@pytest.mark.parametrize("key", ["a=b", "#a", " a", "a\nb", ""])
def test_an_unknown_key_must_still_be_a_key(key):
    with pytest.raises(ImagewrightError):
        waagent.file_value(key, "x", allow_unknown=True)


@pytest.mark.parametrize("text, version, meaning", [
    ("Provisioning.Agent=Cloud-Init\n", "2.2.45", "cloud-init"), ("Provisioning.Agent=disabled\n", None, "disabled"), ("", "2.7.3.0", None),
    ("Provisioning.Agent=None\nProvisioning.Enabled=n\n", "2.12.0.2", None),
    ("Provisioning.Agent=cloud-init\n", "2.2.44", "waagent"), ("Provisioning.Agent=waagent\nProvisioning.UseCloudInit=y\n", "2.2.38", "cloud-init"),
    ("Provisioning.Enabled=n\n", "2.2.38", "disabled"), ("Provisioning.Enabled=n\nProvisioning.UseCloudInit=Y\n", "2.2.38", "cloud-init"),
    ("Provisioning.Enabled=no\n", "2.2.38", "waagent"), ("", "2.0.15", "waagent"),
])
def test_who_provisions_is_read_by_the_keys_that_the_installed_agent_knows(text, version, meaning):
    assert waagent.provisioning_agent(waagent.parse(text), version) == meaning


@pytest.mark.parametrize("wanted, text, version, words", [
    ({"Provisioning.Agent": "waagent"}, "", "2.2.44", "2.2.44 ignores it, as all do before 2.2.45"),
    ({"Provisioning.Enabled": "y"}, "", "2.7.3.0", "ignores it, as all do after 2.2.44"),
    ({"Provisioning.Enabled": "y"}, "", None, "later than 2.2.44 ignore it"),
    ({"Extensions.WaitForCloudInitTimeout": "1"}, "", "2.16.0.2", "never takes effect"),
    ({"ResourceDisk.EnableSwap": "y"}, "ResourceDisk.EnableSwap=y\n", None, "only with ResourceDisk.Format=y"),
    ({"ResourceDisk.EnableSwap": "y"}, "ResourceDisk.EnableSwap=y\nResourceDisk.Format=y\n", None, "SwapSizeMB above 0"),
])
def test_a_setting_without_effect_is_told(wanted, text, version, words):
    assert [note for note in waagent.notes(wanted, text, version) if words in note]


@pytest.mark.parametrize("wanted, text, version", [
    ({"Provisioning.Agent": "waagent"}, "", "2.2.45"),
    ({"Provisioning.Agent": "waagent"}, "", None),
    ({"Provisioning.Enabled": "y"}, "", "2.2.44"),
    ({"ResourceDisk.EnableSwap": "y"}, "ResourceDisk.EnableSwap=y\nResourceDisk.Format=Y\nResourceDisk.SwapSizeMB=01\n", None),
    ({"ResourceDisk.EnableSwap": "n"}, "ResourceDisk.EnableSwap=n\n", None),
    ({"Zebra": "1"}, "", "2.7.3.0"),
    ({"AutoUpdate.UpdateToLatestVersion": None}, "", "2.7.3.0"),
    *(({"Provisioning.Agent": "cloud-init", "Provisioning.Enabled": "n", "Provisioning.UseCloudInit": "y"}, "", version)
      for version in (None, "2.2.38", "2.7.3.0")),
])
def test_a_setting_with_effect_is_not_warned_about(wanted, text, version):
    assert waagent.notes(wanted, text, version) == []


LINES = st.lists(st.one_of(
    st.builds("{}{}{}={}{}{}".format, st.sampled_from(["", "#", "# ", " # ", " "]), st.sampled_from(sorted(KEYS)),
              st.sampled_from(["", " "]), st.sampled_from(["", " "]), st.sampled_from(["y", "n", "None", "7", '"x"', "", "Y"]),
              st.sampled_from(["", " # why", "\r", "  ## NOTE\r"])),
    st.text(st.characters(blacklist_characters="\n"), max_size=20)), max_size=12)
WANTED = st.dictionaries(st.sampled_from(sorted(KEYS)[::5]), st.sampled_from([None, True, False, 5, "/x"]), max_size=4)


def accepted(settings):
    values = {}
    for key, value in settings.items():
        with contextlib.suppress(ImagewrightError):
            values[key] = waagent.file_value(key, value)
    return values


@given(LINES, WANTED)
def test_any_file_ends_with_the_wanted_values_and_no_other_change(lines, settings):
    text, wanted = "\n".join(lines), accepted(settings)
    after, duplicates = waagent.set_values(text, wanted)
    values, others = waagent.parse(after), waagent.parse(text)
    for key, value in wanted.items():
        assert waagent.means_same(key, values.get(key), value)
    # an indented comment is a key to the agent, too, and may be the one that is uncommented
    assert {key: value for key, value in values.items() if key not in wanted and not key.startswith("#")} == \
        {key: value for key, value in others.items() if key not in wanted and not key.startswith("#")}
    assert waagent.set_values(after, wanted) == (after, [])
    set_lines = [setting.key for setting in waagent.settings(text) if wanted.get(setting.key) is not None]
    assert len(duplicates) == len(set_lines) - len(set(set_lines))


@given(LINES, WANTED)
def test_lines_that_do_not_name_a_wanted_key_stay_byte_for_byte(lines, settings):
    wanted = accepted(settings)
    text = "\n".join(lines) + "\n"
    kept = [line for line in text.split("\n") if not any(key in line for key in wanted)]
    after = [line for line in waagent.set_values(text, wanted)[0].split("\n") if not any(key in line for key in wanted)]
    # comments that stood behind a changed value have lines of their own now
    assert [line for line in after if line.lstrip("# ").rstrip("\r") not in ("why", "NOTE")] == \
        [line for line in kept if line.lstrip("# ").rstrip("\r") not in ("why", "NOTE")]


def test_every_switch_has_a_default_that_the_agent_can_read():
    assert {key.default for key in KEYS.values() if key.kind == SWITCH} <= {"y", "n", None}
    assert all(key.default is None or key.default.isdigit() for key in KEYS.values() if key.kind == INTEGER)

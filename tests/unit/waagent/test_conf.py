# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""waagent.conf as text: the agent's parser rules, and changes that touch nothing else."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import conf
from ansible_collections.imagewright.azure.plugins.module_utils.waagent.keys import KEYS
from ansible_collections.imagewright.azure.plugins.module_utils.waagent.values import file_value, means_same


@pytest.mark.parametrize(
    "text, expected",
    [
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
    ],
)
def test_a_file_is_read_as_the_agent_reads_it(text, expected):
    assert conf.parse(text) == expected


@pytest.mark.parametrize(
    "before, wanted, after",
    [
        pytest.param("Logs.Verbose=n\n", {"Logs.Verbose": "y"}, "Logs.Verbose=y\n", id="changed in place"),
        pytest.param("A=1\n\n# b\nLogs.Verbose = n\nZ=2", {"Logs.Verbose": "y"}, "A=1\n\n# b\nLogs.Verbose=y\nZ=2", id="all else stays"),
        pytest.param("Logs.Verbose = Y  # on\n", {"Logs.Verbose": "y"}, "Logs.Verbose = Y  # on\n", id="same meaning stays byte for byte"),
        pytest.param(
            "ResourceDisk.SwapSizeMB=0 # MiB\n",
            {"ResourceDisk.SwapSizeMB": "2048"},
            "# MiB\nResourceDisk.SwapSizeMB=2048\n",
            id="a comment behind the value gets a line of its own",
        ),
        pytest.param("# x\n# OS.EnableRDMA=y\nB=1\n", {"OS.EnableRDMA": "n"}, "# x\nOS.EnableRDMA=n\nB=1\n", id="uncommented in place"),
        pytest.param(
            "# OS.EnableRDMA=y turns RDMA on\n", {"OS.EnableRDMA": "n"}, "# OS.EnableRDMA=y turns RDMA on\nOS.EnableRDMA=n\n", id="prose is no commented key"
        ),
        pytest.param("#  OS.EnableRDMA = y  # old\r\n", {"OS.EnableRDMA": "n"}, "# old\r\nOS.EnableRDMA=n\r\n", id="commented with CRLF"),
        pytest.param("B=1", {"OS.EnableRDMA": "n"}, "B=1\nOS.EnableRDMA=n\n", id="added behind an unfinished line"),
        pytest.param("B=1\r\n", {"OS.EnableRDMA": "n"}, "B=1\r\nOS.EnableRDMA=n\r\n", id="added with the file's line end"),
        pytest.param("", {"OS.EnableRDMA": "n"}, "OS.EnableRDMA=n\n", id="added to an empty file"),
        pytest.param("HttpProxy.Host=p\nB=1\n", {"HttpProxy.Host": None}, "# HttpProxy.Host=p\nB=1\n", id="unset becomes a comment"),
        pytest.param("HttpProxy.Host=None\n", {"HttpProxy.Host": None}, "HttpProxy.Host=None\n", id="None is unset already"),
        pytest.param("logs.verbose=n\n", {"Logs.Verbose": "y"}, "logs.verbose=n\nLogs.Verbose=y\n", id="keys are case sensitive"),
        pytest.param("Logs.Verbose=n\nA=1\nLogs.Verbose=y\n", {"Logs.Verbose": "y"}, "Logs.Verbose=y\nA=1\n", id="later duplicates go"),
        pytest.param(
            "Logs.Verbose=y # one\nA=1\nLogs.Verbose=n\nLogs.Verbose=n\n",
            {"Logs.Verbose": "n", "A": "2"},
            "# one\nLogs.Verbose=n\nA=2\n",
            id="two keys at once",
        ),
        pytest.param("A=1\r\nB=2", {"Logs.Verbose": "n"}, "A=1\r\nB=2\r\nLogs.Verbose=n\r\n", id="a last line without an end"),
        pytest.param('A=1\r\nB="x"', {"Logs.Verbose": "n"}, 'A=1\r\nB="x"\nLogs.Verbose=n\r\n', id="a last line without an end, in quotes"),
    ],
)
def test_keys_are_set_and_nothing_else_changes(before, wanted, after):
    assert conf.set_values(before, wanted)[0] == after
    assert conf.set_values(after, wanted) == (after, [])


def test_removed_duplicates_carry_the_line_they_were_on():
    text = "Logs.Verbose=y # one\nA=1\nLogs.Verbose=n\n\nLogs.Verbose=None\n"
    assert conf.set_values(text, {"Logs.Verbose": "n"})[1] == [(3, "Logs.Verbose", "n"), (5, "Logs.Verbose", None)]


LINES = st.lists(
    st.one_of(
        st.builds(
            "{}{}{}={}{}{}".format,
            st.sampled_from(["", "#", "# ", " # ", " "]),
            st.sampled_from(sorted(KEYS)),
            st.sampled_from(["", " "]),
            st.sampled_from(["", " "]),
            st.sampled_from(["y", "n", "None", "7", '"x"', "", "Y"]),
            st.sampled_from(["", " # why", "\r", "  ## NOTE\r"]),
        ),
        st.text(st.characters(blacklist_characters="\n"), max_size=20),
    ),
    max_size=12,
)
WANTED = st.dictionaries(st.sampled_from(sorted(KEYS)[::5]), st.sampled_from([None, True, False, 5, "/x"]), max_size=4)


def accepted(settings):
    values = {}
    for key, value in settings.items():
        with contextlib.suppress(ImagewrightError):
            values[key] = file_value(key, value)
    return values


@given(LINES, WANTED)
def test_any_file_ends_with_the_wanted_values_and_no_other_change(lines, settings):
    text, wanted = "\n".join(lines), accepted(settings)
    after, duplicates = conf.set_values(text, wanted)
    values, others = conf.parse(after), conf.parse(text)
    for key, value in wanted.items():
        assert means_same(key, values.get(key), value)
    # an indented comment is a key to the agent, too, and may be the one that is uncommented
    assert {key: value for key, value in values.items() if key not in wanted and not key.startswith("#")} == {
        key: value for key, value in others.items() if key not in wanted and not key.startswith("#")
    }
    assert conf.set_values(after, wanted) == (after, [])
    set_lines = [setting.key for setting in conf.settings(text) if wanted.get(setting.key) is not None]
    assert len(duplicates) == len(set_lines) - len(set(set_lines))


@given(LINES, WANTED)
def test_lines_that_do_not_name_a_wanted_key_stay_byte_for_byte(lines, settings):
    wanted = accepted(settings)
    text = "\n".join(lines) + "\n"
    kept = [line for line in text.split("\n") if not any(key in line for key in wanted)]
    after = [line for line in conf.set_values(text, wanted)[0].split("\n") if not any(key in line for key in wanted)]
    # comments that stood behind a changed value have lines of their own now
    assert [line for line in after if line.lstrip("# ").rstrip("\r") not in ("why", "NOTE")] == [
        line for line in kept if line.lstrip("# ").rstrip("\r") not in ("why", "NOTE")
    ]

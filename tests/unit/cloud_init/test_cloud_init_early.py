# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cloud.cfg: the modules of the resource disk come into cloud-init's first stage, and nothing else in the file changes."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from unit.trees import write_tree

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import stages as cloud_init_stages
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

CFG = "/etc/cloud/cloud.cfg"
NAMES = ("disk_setup", "mounts")
INIT, CONFIG, FINAL = "cloud_init_modules", "cloud_config_modules", "cloud_final_modules"


def early(text, names=NAMES):
    """Return the text of one file after the change."""
    return cloud_init_stages.early([(CFG, text)], names)[0].get(CFG, text)


#: (what it shows, before, after)
CASES = [
    (
        "as Red Hat 8 has it",
        """\
cloud_init_modules:
 - disk_setup
 - migrator
 - ssh

cloud_config_modules:
 - mounts
 - locale
""",
        """\
cloud_init_modules:
 - disk_setup
 - mounts
 - migrator
 - ssh

cloud_config_modules:
 - locale
""",
    ),
    (
        "both come behind growpart and resizefs, as upstream has them",
        """\
cloud_init_modules:
  - migrator
  - growpart
  - resizefs
  - ssh
cloud_config_modules:
  - disk_setup
  - mounts
  - locale
""",
        """\
cloud_init_modules:
  - migrator
  - growpart
  - resizefs
  - disk_setup
  - mounts
  - ssh
cloud_config_modules:
  - locale
""",
    ),
    ("without these they come first", "cloud_init_modules:\n# first\n- ssh\n", "cloud_init_modules:\n# first\n- disk_setup\n- mounts\n- ssh\n"),
    (
        "an item takes its frequency and its comment along, and the indentation of its new list",
        """\
cloud_init_modules:   # early
   -  migrator
   -  ssh
cloud_config_modules:
# the disk
- [mounts, always]  # twice
- {frequency: once, name: disk_setup}
""",
        """\
cloud_init_modules:   # early
   -  {frequency: once, name: disk_setup}
   -  [mounts, always]  # twice
   -  migrator
   -  ssh
cloud_config_modules:
# the disk
""",
    ),
    (
        "quoted items and keys, and other spellings of a module",
        """\
"cloud_init_modules":
- 'growpart'
- "ssh"
'cloud_config_modules':
- "cc_mounts"
- 'disk-setup'
- locale
""",
        """\
"cloud_init_modules":
- 'growpart'
- 'disk-setup'
- "cc_mounts"
- "ssh"
'cloud_config_modules':
- locale
""",
    ),
    ("a disk is set up before it is mounted", "cloud_init_modules:\n- mounts\n- ssh\n- disk_setup\n", "cloud_init_modules:\n- ssh\n- disk_setup\n- mounts\n"),
    (
        "the missing one comes before the one that is there",
        "cloud_init_modules:\n- growpart\n- bootcmd\n- mounts\n- ssh\n",
        "cloud_init_modules:\n- growpart\n- bootcmd\n- disk_setup\n- mounts\n- ssh\n",
    ),
    (
        "what repeated runs of the documents' commands left is there once",
        """\
cloud_init_modules:
 - disk_setup
 - mounts
 - disk_setup
 - mounts
 - ssh
""",
        """\
cloud_init_modules:
 - disk_setup
 - mounts
 - ssh
""",
    ),
    (
        "line ends of another system",
        "cloud_init_modules:\r\n - ssh\r\ncloud_final_modules:\r\n - x\r\n - mounts\r\n",
        "cloud_init_modules:\r\n - disk_setup\r\n - mounts\r\n - ssh\r\ncloud_final_modules:\r\n - x\r\n",
    ),
    (
        "no line end at the end",
        "cloud_init_modules:\n - disk_setup\ncloud_final_modules:\n - x\n - mounts",
        "cloud_init_modules:\n - disk_setup\n - mounts\ncloud_final_modules:\n - x",
    ),
    (
        "an empty list",
        "cloud_init_modules:\n# none\ncloud_config_modules:\n- mounts\n",
        "cloud_init_modules:\n- disk_setup\n- mounts\n# none\ncloud_config_modules:\n",
    ),
    (
        "a list at the end of the file",
        "cloud_config_modules:\n - mounts\ncloud_init_modules:\n - growpart",
        "cloud_config_modules:\ncloud_init_modules:\n - growpart\n - disk_setup\n - mounts",
    ),
]


@pytest.mark.parametrize(("before", "after"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_modules_of_the_resource_disk_come_into_the_first_stage(before, after):
    assert early(before) == after
    assert early(after) == after


@pytest.mark.parametrize(
    "text",
    [
        "cloud_init_modules:\n - migrator\n - resizefs\n - disk_setup\n - mounts\n - ssh\ncloud_config_modules:\n - locale\n",
        "cloud_init_modules:\n - disk-setup\n - x\n\n # y\n - [mounts, once-per-instance]\n - ssh\n",
    ],
)
def test_what_the_first_stage_runs_in_order_stays_where_it_is(text):
    assert early(text) == text


#: (text, line that is named, words of the cause)
UNCLEAR = [
    ("cloud_init_modules: [migrator, ssh]\n", 1, "is not a list with one item a line"),
    ("x: 1\ncloud_init_modules: &modules\n - ssh\n", 2, "is not a list with one item a line"),
    ("{cloud_init_modules: [ssh]}\n", 1, "is not a list with one item a line"),
    ("x:\n  cloud_init_modules:\n    - ssh\n", 2, "is not a list with one item a line"),
    ("cloud_init_modules:\n - ssh\ncloud_init_modules:\n - x\n", 3, "begins here a second time"),
    # what the documents' sed makes of a list that is indented by two blanks: YAML reads the item 'mounts - migrator'
    ("cloud_init_modules:\n - disk_setup\n - mounts\n  - migrator\n  - ssh\n", 4, "indented otherwise than the first one of its list, in line 2"),
    ("cloud_init_modules:\n - [ssh,\n    always]\n", 2, "not an item of one line"),
    ("cloud_init_modules:\n - name: ssh\n   frequency: always\n", 3, "not an item of one line"),
    ("cloud_init_modules:\n -\n  ssh\n", 2, "not an item of one line"),
    ("cloud_init_modules:\n - - ssh\n", 2, "not an item of one line"),
    ("cloud_init_modules:\n -\tssh\n", 2, "not an item of one line"),
    ("cloud_init_modules:\n - ssh\ncloud_config_modules:\n - mounts\n   more\n", 5, "not an item of one line"),
]


@pytest.mark.parametrize(("text", "line", "cause"), UNCLEAR)
def test_a_list_that_lines_do_not_tell_is_an_error_that_names_the_line(text, line, cause):
    with pytest.raises(ImagewrightError, match=rf"{CFG} line {line}: .*{cause}.*; (write|indent) "):
        early(text)


def test_a_file_without_the_first_stage_is_an_error():
    with pytest.raises(ImagewrightError, match="/etc/cloud/cloud.cfg has no list cloud_init_modules; restore"):
        early("cloud_config_modules:\n - mounts\n")


NAME = st.sampled_from(["migrator", "growpart", "resizefs", "ssh", "disk_setup", "disk-setup", "mounts", "cc_mounts", "scripts-user"])
STYLE = st.sampled_from(["{}", "'{}'", '"{}"', "[{}, always]", "{{name: {}, frequency: always}}", "{{ frequency: always, name: '{}' }}", "{}  # why - not"])
LIST = st.tuples(st.sampled_from(["", " ", "  ", "    "]), st.sampled_from([" ", "   "]), st.lists(st.tuples(NAME, STYLE), max_size=7))
BETWEEN = st.sampled_from(["", "\n", "# cloud_init_modules: no\n", "users:\n - default\n", "x: {a: '- mounts'}\n", "y: |\n   - mounts\n  # no comment\n"])


@st.composite
def configurations(draw):
    """Return the text of a cloud.cfg; its lists come in any order."""
    text, keys = "", draw(st.permutations([INIT, CONFIG, FINAL]))
    for key in keys[: draw(st.integers(1, 3))] + ([] if INIT in keys[:1] else [INIT]):
        if f"{key}:" not in text.replace("# cloud_init_modules: no", ""):
            indent, gap, items = draw(LIST)
            between = draw(BETWEEN)
            text += ("" if between.strip() in text else between) + f"{key}:\n"
            for name, style in items:
                text += draw(st.sampled_from(["", "", "\n", " # a comment\n"])) + f"{indent}-{gap}{style.format(name)}\n"
    return text[:-1] if draw(st.booleans()) else text


def names_of(items):
    """Return [(module, all that its item says)] of a list that YAML has read."""
    found = []
    for item in items or []:
        name = item if isinstance(item, str) else item["name"] if isinstance(item, dict) else item[0]
        found.append((name.replace("-", "_").replace("cc_", ""), item))
    return found


@given(configurations())
def test_yaml_reads_the_modules_in_the_first_stage_alone_and_all_else_as_before(text):
    before, after = yaml.safe_load(text), yaml.safe_load(early(text))
    first = [name for name, _item in names_of(after[INIT])]
    assert [name for name in first if name in NAMES] == list(NAMES)
    for key in before:
        if key in (INIT, CONFIG, FINAL):
            others = [item for name, item in names_of(before[key]) if name not in NAMES]
            assert [item for name, item in names_of(after[key]) if key != INIT or name not in NAMES] == others
        else:
            assert after[key] == before[key]
    assert set(after) == set(before)


@given(configurations())
def test_only_lines_of_these_modules_move_and_a_second_run_changes_nothing(text):
    def others(lines):
        return [line for line in lines.split("\n") if not any(name in line for name in ("disk_setup", "disk-setup", "mounts")) or "'- mounts'" in line]

    after = early(text)
    assert others(after) == others(text)
    assert early(after) == after


@given(
    st.lists(
        st.sampled_from([INIT, CONFIG, ":", " ", "- ", "-", "\n", "#", "mounts", "disk_setup", "[", "]", "'", "\t", "\r\n", ",", "x: y\n"]), max_size=40
    ).map("".join)
)
def test_any_text_is_an_error_or_read_as_yaml_reads_it(text):
    try:
        found = cloud_init_stages.stages([(CFG, text)])
        expected = yaml.safe_load(text)
    except (ImagewrightError, yaml.YAMLError):
        return
    for key, stage in found.items():
        assert [item.name for item in stage.items] == [name for name, _item in names_of(expected[key])]


# On trees


RHEL8 = "users:\n - default\n\n" + CASES[0][1]


def test_the_module_predicts_moves_tells_and_moves_once(tmp_path, run_module):
    write_tree(tmp_path, {CFG: RHEL8})
    predicted = run_module("cloud_init_early", root=tmp_path, check=True)
    result = run_module("cloud_init_early", root=tmp_path, backup=True)
    assert predicted["diff"] == result["diff"] and predicted["changed"] and result["changed"]
    assert result["moved"] == [{"module": "mounts", "path": CFG, "line": 10, "stage": CONFIG}]
    assert (tmp_path / CFG.lstrip("/")).read_text() == "users:\n - default\n\n" + CASES[0][2]
    assert len(result["backup_files"]) == 1
    again = run_module("cloud_init_early", root=tmp_path)
    assert not again["changed"] and again["moved"] == []


def test_a_list_of_a_drop_in_counts_and_is_edited_there(tmp_path, run_module):
    write_tree(
        tmp_path,
        {
            CFG: RHEL8,
            CFG + ".d/10-first.cfg": "cloud_config_modules:\n- mounts\n",
            CFG + ".d/20-second.cfg": "cloud_config_modules:\n- mounts\n- runcmd\n",
            CFG + ".d/30-other.cfg.bak": "cloud_config_modules:\n- mounts\n",
        },
    )
    run_module("cloud_init_early", root=tmp_path)
    folder = tmp_path / (CFG + ".d").lstrip("/")
    assert (folder / "20-second.cfg").read_text() == "cloud_config_modules:\n- runcmd\n"
    assert (folder / "10-first.cfg").read_text() == "cloud_config_modules:\n- mounts\n"
    assert (tmp_path / CFG.lstrip("/")).read_text() == RHEL8.replace(" - disk_setup\n", " - disk_setup\n - mounts\n")
    assert not run_module("cloud_init_early", root=tmp_path)["changed"]


def test_a_file_that_is_not_understood_stays_and_is_named(tmp_path, run_module):
    text = "cloud_init_modules: [ssh]\n"
    write_tree(tmp_path, {CFG: text})
    result = run_module("cloud_init_early", root=tmp_path)
    assert result["failed"] and "/etc/cloud/cloud.cfg line 1: cloud_init_modules is not a list with one item a line" in result["msg"]
    assert (tmp_path / CFG.lstrip("/")).read_text() == text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({}, "there is no /etc/cloud/cloud.cfg; install cloud-init first"), ({"modules": ["a b"]}, "'a b' in its first stage: that is no module's name")],
)
def test_what_cannot_be_moved_is_said(arguments, words, tmp_path, run_module):
    result = run_module("cloud_init_early", root=tmp_path, **arguments)
    assert result["failed"] and words in result["msg"]

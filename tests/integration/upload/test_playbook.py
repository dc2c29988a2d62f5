# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Under ansible-playbook: the role and its playbook, progress while it runs, and no secret anywhere."""

import contextlib
import functools
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.parse

import pytest

from integration.upload import vhds
from integration.upload.azurite import CHECKOUT, KEY
from integration.upload.fault_proxy import proxy

MIB = vhds.MIB


@pytest.fixture
def playbook(tmp_path):
    """Return a function that runs a playbook of the collection with variables, and returns the finished process and the folder of all it wrote."""
    return functools.partial(run_playbook, tmp_path)


def run_playbook(tmp_path, variables, *arguments, book="upload.yml", verbosity="-v", watch=None, collections=CHECKOUT / ".venv" / "collections"):
    environment = dict(
        os.environ,
        ANSIBLE_COLLECTIONS_PATH=str(collections),
        ANSIBLE_HOME=str(tmp_path / "home"),
        ANSIBLE_LOCAL_TEMP=str(tmp_path / "local"),
        ANSIBLE_REMOTE_TEMP=str(tmp_path / "remote"),
        ANSIBLE_NOCOLOR="1",
        ANSIBLE_LOG_PATH=str(tmp_path / "ansible.log"),
        ANSIBLE_LOCALHOST_WARNING="false",
    )
    (tmp_path / "variables.json").write_text(json.dumps({key: str(value) if isinstance(value, pathlib.Path) else value for key, value in variables.items()}))
    with open(tmp_path / "output", "wb") as output:
        process = subprocess.Popen(
            [CHECKOUT / ".venv" / "bin" / "ansible-playbook", CHECKOUT / "playbooks" / book, "-e", f"@{tmp_path}/variables.json", verbosity, *arguments],
            stdout=output,
            stderr=output,
            env=environment,
            cwd=tmp_path,
        )
    seen = watch(process, tmp_path / "output") if watch else None
    process.wait(120)
    return process.returncode, (tmp_path / "output").read_text(errors="replace"), seen


def role_variables(target, vhd, **more):
    variables = {
        "disk_upload_src": vhd,
        "disk_upload_account": target.azurite.account,
        "disk_upload_container": target.container,
        "disk_upload_account_key": KEY,
        "disk_upload_endpoint": target.azurite.endpoint,
    }
    return dict(variables, **{f"disk_upload_{key}": value for key, value in more.items()})


def recap(output):
    """Return {ok, changed, failed...} (int) of the only host."""
    line = [line for line in output.splitlines() if line.startswith("localhost ")][-1]
    return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", line)}


def test_the_playbook_uploads_and_says_what_comes_next(playbook, target, vhd, tmp_path):
    checked = playbook(role_variables(target, vhd), "--check", "--diff")
    first = playbook(role_variables(target, vhd))
    second = playbook(role_variables(target, vhd))

    for rc, output, _unused in (checked, first, second):
        assert rc == 0, output
    assert recap(checked[1])["changed"] == recap(first[1])["changed"] == 1
    assert recap(second[1])["changed"] == 0
    assert "create: there is no such blob" in first[1]
    assert f"--hyper-v-generation V1 --architecture x64 --source {target.azurite.endpoint}/{target.container}/disk.vhd" in first[1]
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(vhd)


def test_a_path_is_relative_to_where_the_command_was_given_and_a_tag_cuts_nothing(playbook, target, vhd, tmp_path, monkeypatch):
    monkeypatch.setenv("PWD", "/nowhere")  # as make -C, env -C, ansible-runner and AWX leave it
    assert vhd.parent == tmp_path  # where the command is given
    variables = {name: value for name, value in role_variables(target, vhd).items() if name != "disk_upload_src"}
    rc, output, _seen = playbook(dict(variables, image=vhd.name), "--tags", "R08")

    assert rc == 0 and "create: there is no such blob" in output and "az disk create" in output, output
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(vhd)


def test_nothing_to_upload_is_an_error_that_names_the_variable(playbook, target):
    rc, output, _seen = playbook(role_variables(target, ""))

    assert rc != 0 and "there is nothing to upload; give a fixed VHD as image" in output


@pytest.mark.parametrize("missing", ["account", "container"])
def test_no_place_to_upload_to_is_an_error_that_names_the_variables(playbook, target, vhd, missing):
    rc, output, _seen = playbook(role_variables(target, vhd, **{missing: ""}))

    assert rc != 0 and f"there is no place to upload {vhd} to; set disk_upload_url" in output.replace("\\n", " "), output


@pytest.mark.slow
def test_the_role_takes_a_yaml_boolean_for_verify(playbook, target, vhd):
    rc, output, _seen = playbook(role_variables(target, vhd, verify=False))

    assert rc == 0 and "compared: nothing" in output, output


def test_the_role_says_what_is_missing(playbook, target, vhd):
    rc, output, _seen = playbook(role_variables(target, vhd, next="gallery", resource_group="images"))

    assert rc != 0 and "disk_upload_next=gallery needs disk_upload_gallery; set it" in output
    assert not target.blob().exists()


@pytest.mark.slow
@pytest.mark.parametrize("following, module", [("disk", "azure_rm_resource"), ("image", "azure_rm_image")])
def test_without_azcollection_only_what_needs_it_fails(playbook, target, vhd, following, module):
    rc, output, _seen = playbook(role_variables(target, vhd, next=following, resource_group="images", location="westeurope"))

    assert rc != 0 and f"azure.azcollection.{module}" in output
    assert target.blob().exists() == (following == "image")


def test_progress_is_visible_while_it_runs(playbook, target, tmp_path):
    vhd = vhds.make(tmp_path / "disk.vhd", 64, [(2 * MIB + index * MIB, 512 * 1024) for index in range(50)])

    def lines_at_work(process, path):
        """Return the lines of progress that were there while the playbook was still at work."""
        lines = []
        while process.poll() is None:
            lines = [line for line in path.read_text().splitlines() if " sent, " in line] or lines
            if lines and process.poll() is None:
                break
            time.sleep(0.05)
        return lines

    with proxy(target.azurite.port) as (port, faults):
        faults.delay = 0.1
        variables = role_variables(target, vhd, endpoint=f"http://127.0.0.1:{port}/{target.azurite.account}", parallel=2)
        rc, output, lines = playbook(variables, watch=lines_at_work)

    assert rc == 0, output
    assert re.fullmatch(r"\s+\d+ %: [\d.]+ \w+ sent, [\d.]+ \w+ skipped of 64.0 MiB, [\d.]+ \w+/s(, \d+:\d\d left)?", lines[0]), lines
    assert lines[0].strip()[:3] != "100"
    assert "100 %:" in output


SECRET_CASES = {
    "success": {},
    "expired": {"hours": -1},
    "read only": {"permission": "r"},
    "resets": {"fault": "reset before"},
    "busy": {"fault": "503"},
    "cut answers": {"fault": "cut"},
    "nobody there": {"nobody": True},
    "another blob": {"other": True},
}


@pytest.mark.parametrize("case", [case if case == "resets" else pytest.param(case, marks=pytest.mark.slow) for case in SECRET_CASES])
def test_no_secret_is_ever_written_anywhere(playbook, target, vhd, tmp_path, case):
    how = SECRET_CASES[case]
    token = target.azurite.sas(target.container, "other.vhd" if how.get("other") else "disk.vhd", how.get("permission", "rcw"), how.get("hours", 1))
    with proxy(target.azurite.port) as (port, faults):
        faults.delay = 0.05
        faults.plan = lambda request: how.get("fault")
        if how.get("nobody"):
            port = 1
        (tmp_path / "book.yml").write_text(SECRET_PLAYBOOK)
        url = f"http://127.0.0.1:{port}/{target.azurite.account}/{target.container}/disk.vhd?{token}"
        variables = {
            "src": vhd,
            "url": url,
            "account": target.azurite.account,
            "container": target.container,
            "token": token,
            "key": KEY,
            "endpoint": url.split("?", maxsplit=1)[0].rsplit("/", 2)[0],
        }
        rc, output, arguments = playbook(variables, book=str(tmp_path / "book.yml"), verbosity="-vvvv", watch=watch_arguments)

    assert rc == 0, output
    signature = dict(urllib.parse.parse_qsl(token))["sig"]
    secrets = {KEY, urllib.parse.quote(KEY, safe=""), signature, urllib.parse.quote(signature, safe=""), urllib.parse.quote(signature)}
    written = {"output": output, "arguments of programs": arguments}
    written.update({str(path): path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file() and path.suffix not in (".vhd", ".json")})
    assert "three uploads were tried" in output and len(arguments) > 100
    assert [where for where, text in written.items() for secret in secrets if secret in text] == []


#: Each way to give a secret; failures are let pass, and their results shown.
SECRET_PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - imagewright.azure.vhd_upload: {src: "{{ src }}", url: "{{ url }}", retries: 1, retry_delay: 0.05}
      register: first
      ignore_errors: true
    - imagewright.azure.vhd_upload: {src: "{{ src }}", account: "{{ account }}", container: "{{ container }}", sas_token: "?{{ token }}",
                                     endpoint: "{{ endpoint }}", retries: 1, retry_delay: 0.05, overwrite: true, verify: content}
      register: second
      ignore_errors: true
    - imagewright.azure.vhd_upload: {src: "{{ src }}", account: "{{ account }}", container: "{{ container }}", account_key: "{{ key }}",
                                     endpoint: "{{ endpoint }}", retries: 1, retry_delay: 0.05, overwrite: true, resume: false}
      register: third
      ignore_errors: true
    - debug: {msg: "three uploads were tried: {{ [first, second, third] }}"}
"""


def watch_arguments(process, _path):
    """Return the arguments of every program that was seen while the playbook ran, looked at again and again."""
    seen = set()
    while process.poll() is None:
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                seen.add((folder / "cmdline").read_bytes().decode("latin-1"))
        time.sleep(0.05)
    return "\n".join(seen)

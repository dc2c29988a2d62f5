# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role makes of an upload with azure.azcollection, which a stand-in with the same options takes the place of here."""

import functools
import json

import pytest

from integration.upload import vhds
from integration.upload.azurite import CHECKOUT
from integration.upload.test_playbook import recap, role_variables, run_playbook

MIB = vhds.MIB
SIZE = 32 * MIB + 512  # of the fixture vhd; an MBR with boot code: generation 1
STAND_IN = CHECKOUT / "tests" / "integration" / "upload" / "azcollection"
GALLERY = {
    "next": "gallery",
    "resource_group": "images",
    "gallery": "shelf",
    "gallery_definition": "debian",
    "gallery_version": "1.0.0",
    "gallery_regions": [{"name": "westeurope", "regional_replica_count": 1}],
}


@pytest.fixture
def azure(tmp_path, monkeypatch):
    """A function (answers, variables, *arguments) that runs the playbook with the stand-in, and returns (status, output, calls)."""
    calls, answers = tmp_path / "calls", tmp_path / "answers"
    monkeypatch.setenv("STAND_IN_CALLS", str(calls))
    monkeypatch.setenv("STAND_IN_ANSWERS", str(answers))

    def run(told, variables, *arguments):
        calls.write_text("")
        answers.write_text(json.dumps(told))
        rc, output, _seen = run_playbook(tmp_path, variables, *arguments, collections=f"{CHECKOUT / '.venv' / 'collections'}:{STAND_IN}")
        return rc, output, [json.loads(line) for line in calls.read_text().splitlines()]

    return run


@pytest.fixture
def disk(azure, target, vhd):
    """A function (answers, *arguments, **variables) that has the role make a managed disk; a page blob stands in for what is behind it."""
    target.blob().create_page_blob(SIZE)
    answers = {
        "azure_rm_resource PUT": {"response": {"properties": {"diskState": "ReadyToUpload"}}},
        "azure_rm_resource POST beginGetAccess": {"response": {"accessSAS": target.sas_url("rw")}},
        "azure_rm_resource POST endGetAccess": {"response": None},
    }

    def run(told, *arguments, **variables):
        wanted = {
            "disk_upload_src": vhd,
            "disk_upload_next": "disk",
            "disk_upload_resource_group": "images",
            "disk_upload_location": "westeurope",
            "disk_upload_target": "managed_disk",
        }
        return azure(dict(answers, **told), dict(wanted, **{f"disk_upload_{name}": value for name, value in variables.items()}), *arguments)

    return run


def test_a_managed_disk_of_the_right_size_and_generation_is_made_and_filled(disk, target, vhd, tmp_path):
    rc, output, calls = disk({})

    assert rc == 0, output
    assert [(call["module"], call["arguments"]["method"], call["arguments"].get("subresource")) for call in calls] == [
        ("azure_rm_resource", "PUT", None),
        ("azure_rm_resource", "POST", [{"type": "beginGetAccess"}]),
        ("azure_rm_resource", "POST", [{"type": "endGetAccess"}]),
    ]
    assert calls[0]["arguments"]["resource_name"] == "disk" and calls[0]["arguments"]["idempotency"] is True
    assert calls[0]["arguments"]["body"] == {
        "location": "westeurope",
        "sku": {"name": "StandardSSD_LRS"},
        "properties": {
            "osType": "Linux",
            "hyperVGeneration": "V1",
            "creationData": {"createOption": "Upload", "uploadSizeBytes": SIZE},
            "supportedCapabilities": {"architecture": "x64"},
        },
    }
    assert calls[1]["arguments"]["body"] == {"access": "Write", "durationInSeconds": 86400}
    assert "sig=" not in output
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(vhd)


@pytest.mark.slow
def test_a_tag_cuts_nothing_between_the_disk_and_the_end_of_its_access(disk, target, vhd, tmp_path):
    rc, output, calls = disk({}, "--tags", "R14")

    assert rc == 0 and len(calls) == 3, output
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(vhd)


@pytest.mark.slow
def test_the_answer_of_a_request_that_took_its_time_is_understood(disk, target, vhd, tmp_path):
    rc, output, _calls = disk({"azure_rm_resource POST beginGetAccess": {"response": {"properties": {"output": {"accessSAS": target.sas_url("rw")}}}}})

    assert rc == 0, output
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(vhd)


@pytest.mark.slow
def test_the_access_is_ended_when_the_upload_fails(disk, target):
    rc, output, calls = disk({"azure_rm_resource POST beginGetAccess": {"response": {"accessSAS": target.sas_url("r")}}})

    assert rc != 0 and "sig=" not in output
    assert calls[-1]["arguments"]["subresource"] == [{"type": "endGetAccess"}]


@pytest.mark.slow
def test_a_disk_whose_upload_has_ended_is_left_alone(disk):
    rc, output, calls = disk({"azure_rm_resource PUT": {"changed": False, "response": {"properties": {"diskState": "Unattached"}}}})

    assert rc == 0 and recap(output)["changed"] == 0, output
    assert [call["arguments"]["method"] for call in calls] == ["PUT"]


@pytest.mark.slow
def test_check_mode_says_which_disk_would_be_made_and_makes_none(disk, target):
    rc, output, calls = disk({}, "--check")

    assert rc == 0, output
    assert f"would create the disk disk of {SIZE} bytes to upload, generation V1" in output
    assert calls == [] and list(target.blob().list_page_ranges()) == []


@pytest.mark.slow
def test_no_disk_is_made_for_a_vhd_that_azure_would_refuse(disk, tmp_path):
    wrong = vhds.make(tmp_path / "wrong.vhd", 32)
    with open(wrong, "ab") as stream:
        stream.write(bytes(512))
    rc, output, calls = disk({}, src=wrong)

    assert rc != 0 and "not at the end of the file" in output, output
    assert calls == []


def test_an_image_gets_the_generation_and_the_address_of_the_blob(azure, target, vhd):
    rc, output, calls = azure({}, role_variables(target, vhd, next="image", resource_group="images"))

    assert rc == 0, output
    assert [(call["module"], call["arguments"]) for call in calls] == [
        (
            "azure_rm_image",
            {
                "resource_group": "images",
                "name": "disk",
                "state": "present",
                "os_type": "Linux",
                "hyper_v_generation": "V1",
                "source": f"{target.azurite.endpoint}/{target.container}/disk.vhd",
            },
        )
    ]


@pytest.mark.slow
def test_an_image_of_a_blob_whose_name_does_not_end_with_vhd_is_refused(azure, target, vhd):
    rc, output, calls = azure({}, role_variables(target, vhd, next="image", resource_group="images", blob="disk"))

    assert rc != 0 and "needs a blob whose name ends with .vhd" in output
    assert calls == [] and not target.blob("disk").exists()


@pytest.mark.parametrize("told", [pytest.param({"hyperVGeneration": "V1"}, id="V1"), pytest.param({}, id="not said", marks=pytest.mark.slow)])
def test_a_version_in_a_gallery_is_made_of_the_blob(azure, target, vhd, told):
    definition = {"azure_rm_resource_info GET images": {"changed": False, "response": [{"properties": told}]}}
    rc, output, calls = azure(definition, role_variables(target, vhd, **GALLERY))

    assert rc == 0, output
    assert calls[0]["arguments"]["subresource"] == [{"namespace": None, "type": "images", "name": "debian"}]
    assert (calls[0]["arguments"]["resource_type"], calls[0]["arguments"]["resource_name"]) == ("galleries", "shelf")
    made = calls[1]["arguments"]
    assert (made["gallery_name"], made["gallery_image_name"], made["name"]) == ("shelf", "debian", "1.0.0")
    assert made["storage_profile"]["os_disk"]["source"] == {
        "resource_group": "images",
        "storage_account": target.azurite.account,
        "uri": f"{target.azurite.endpoint}/{target.container}/disk.vhd",
    }
    assert made["publishing_profile"]["target_regions"] == GALLERY["gallery_regions"]


@pytest.mark.slow
@pytest.mark.parametrize("answer", [[], [{"error": {"code": "ResourceNotFound"}}]], ids=["nothing", "an error"])
def test_a_gallery_without_the_definition_is_refused_before_the_upload(azure, target, vhd, answer):
    definition = {"azure_rm_resource_info GET images": {"changed": False, "response": answer}}
    rc, output, _calls = azure(definition, role_variables(target, vhd, **GALLERY))

    assert rc != 0 and "there is no image definition debian in the gallery shelf" in output
    assert not target.blob().exists()


def test_a_gallery_of_another_generation_is_refused_before_the_upload(azure, target, vhd):
    definition = {"azure_rm_resource_info GET images": {"changed": False, "response": [{"properties": {"hyperVGeneration": "V2"}}]}}
    rc, output, calls = azure(definition, role_variables(target, vhd, **GALLERY))

    assert rc != 0 and "the image definition debian is for generation V2, and" in output and "is for V1" in output
    assert [call["module"] for call in calls] == ["azure_rm_resource_info"] and not target.blob().exists()


def test_what_the_machine_of_the_disk_shall_be_is_passed_on(disk, tmp_path, vhd):
    trusted = {"architecture": "Arm64", "generation": "2", "security_type": "TrustedLaunch", "allow_problems": True}
    rc, output, calls = disk({}, "--check", **trusted)
    assert rc == 0 and calls == [], output

    _rc, _output, calls = disk({}, **trusted)
    assert calls[0]["arguments"]["body"]["properties"]["supportedCapabilities"] == {"architecture": "Arm64"}
    assert calls[0]["arguments"]["body"]["properties"]["securityProfile"] == {"securityType": "TrustedLaunch"}


def test_trusted_launch_is_refused_for_a_disk_of_generation_1(azure, target, vhd):
    rc, output, calls = azure({}, role_variables(target, vhd, security_type="TrustedLaunch"))

    assert rc != 0 and "it needs generation 2, and the disk is for generation 1: generation 2 needs a GPT" in output
    assert calls == [] and not target.blob().exists()


def test_no_managed_image_is_made_for_arm64(azure, target, vhd):
    rc, output, calls = azure({}, role_variables(target, vhd, next="image", resource_group="images", architecture="Arm64"))

    assert rc != 0 and "such images know neither Arm64 nor Trusted Launch, and this disk is for Arm64" in output
    assert calls == [] and not target.blob().exists()


def test_the_commands_name_no_managed_image_for_arm64(azure, target, vhd):
    rc, output, _calls = azure({}, role_variables(target, vhd, architecture="Arm64"))

    assert rc == 0 and "--architecture Arm64 --source" in output and "az image create" not in output, output
    assert "Trusted Launch: no, it needs generation 2" in output


@pytest.mark.parametrize(
    "told, variables, words",
    [
        ({"architecture": "Arm64"}, {}, "is for the processor Arm64, and"),
        (
            {"hyperVGeneration": "V2", "features": [{"name": "SecurityType", "value": "Standard"}]},
            {"security_type": "TrustedLaunch", "generation": "2"},
            "has the security type Standard",
        ),
    ],
)
def test_a_gallery_of_another_processor_or_security_type_is_refused_before_the_upload(azure, target, vhd, told, variables, words):
    definition = {"azure_rm_resource_info GET images": {"changed": False, "response": [{"properties": told}]}}
    rc, output, _calls = azure(definition, role_variables(target, vhd, **GALLERY, **variables))

    assert rc != 0 and words in output, output
    assert not target.blob().exists()


def test_the_task_files_pass_a_syntax_check(azure, tmp_path):
    folder = CHECKOUT / "roles" / "disk_upload" / "tasks"
    names = sorted(path.name for path in folder.glob("azure_*.yml"))
    book = [{"hosts": "localhost", "gather_facts": False, "tasks": [{"import_tasks": str(folder / name)} for name in names]}]
    (tmp_path / "book.yml").write_text(json.dumps(book))
    checked = functools.partial(run_playbook, tmp_path, {}, "--syntax-check", book=str(tmp_path / "book.yml"))

    rc, output, _seen = checked(collections=f"{CHECKOUT / '.venv' / 'collections'}:{STAND_IN}")
    assert rc == 0 and len(names) == 4, output
    rc, output, _seen = checked()
    assert rc != 0 and "azure.azcollection.azure_rm_" in output  # without the stand-in the check notices that the modules are not there

#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: vhd_upload
short_description: Upload a fixed VHD to Azure, only the bytes that matter, resumable and verified
version_added: 1.0.0
description:
  - Writes a fixed VHD to a page blob in a storage account, or straight to a managed disk that waits for its upload.
  - Refuses, before the first byte, a VHD that M(imagewright.azure.vhd_info) finds wrong, and so spares the hours after which Azure would.
  - Sends what is not zero, at a grain of 64 KiB, in page writes of 4 MiB at most, several at a time, each with its MD5. Holes are not even read.
  - A journal beside the VHD tells what has arrived, so that a run after an interruption sends the rest. It holds no secret.
  - The footer is the last page that is written. What an interrupted upload leaves is never taken for a whole VHD.
  - While it writes to a page blob it holds the blob's lease, so that nobody else writes to it, and with it notices who wrote between two runs.
  - Needs no tool but Python. Runs where the VHD lies, which is the controller (C(localhost)) as a rule.
requirements:
  - azure-storage-blob >= 12.19
  - azure-identity, for Azure AD (Microsoft Entra ID) only
options:
  src:
    description:
      - The fixed VHD.
    type: path
    required: true
    aliases: [image]
  url:
    description:
      - The address of the page blob, or the address of a managed disk that C(az disk grant-access --access-level Write) prints.
      - It may hold a shared access signature, and is treated as a secret then. The signature of a page blob needs the permissions C(rcw).
      - Give this, or O(account), O(container) and O(blob).
    type: str
  account:
    description:
      - Name of the storage account.
    type: str
  container:
    description:
      - Name of the container. It has to be there.
    type: str
  blob:
    description:
      - Name of the blob. Defaults to the name of the file O(src).
    type: str
  endpoint:
    description:
      - Address of the account's blob service, for other clouds, private endpoints and emulators.
      - Defaults to C(https://ACCOUNT.blob.core.windows.net).
    type: str
  account_key:
    description:
      - A key of the storage account.
    type: str
  sas_token:
    description:
      - A shared access signature, when it is not part of O(url).
      - Without signature and key, Azure AD is asked, with the credentials that C(azure-identity) finds, those of C(az login) for one. The identity
        needs the role C(Storage Blob Data Contributor).
    type: str
  target:
    description:
      - What is behind the address. V(auto) takes accounts whose name starts with C(md-) for managed disks.
      - A managed disk gets page writes and nothing else. It has the size of the upload already, and neither lease nor metadata.
    type: str
    choices: [auto, page_blob, managed_disk]
    default: auto
  parallel:
    description:
      - How many page writes are under way at the same time, 1 to 64.
    type: int
    default: 8
  resume:
    description:
      - Go on with an interrupted upload. With V(false) it is started afresh.
    type: bool
    default: true
  changed_source:
    description:
      - What to do when the VHD has changed since the upload was interrupted. V(restart) starts afresh, V(fail) fails.
    type: str
    choices: [restart, fail]
    default: restart
  overwrite:
    description:
      - Replace what is at the target, when this module did not upload it or it has other content.
    type: bool
    default: false
  verify:
    description:
      - V(true) compares, at the end, which pages are written, the footer and the size with the VHD.
      - V(content) also reads all the data back and compares it, before the footer is written; and when the target holds the VHD already.
      - V(false) trusts the answers of the service, which has compared the MD5 of each write.
    type: str
    choices: ['true', 'false', content]
    default: 'true'
  journal:
    description:
      - The journal, when it cannot be beside the VHD. Only its owner can read it.
      - Defaults to the path of O(src) with C(.upload-) and a number that stands for the target.
    type: path
  retries:
    description:
      - How often a request that fails is sent again, before the task fails.
    type: int
    default: 8
  retry_delay:
    description:
      - Seconds before the first retry. The wait doubles with each further one, up to a minute.
    type: float
    default: 1.0
  request_timeout:
    description:
      - Seconds without a byte after which a request has failed.
    type: int
    default: 60
  generation:
    description:
      - The generation of the virtual machine that shall boot the disk. A disk that does not boot there is refused.
      - V(auto) is content with one.
    type: str
    choices: [auto, '1', '2']
    default: auto
  allow_problems:
    description:
      - Upload although M(imagewright.azure.vhd_info) reports problems, as long as Azure takes the file as a disk
        (RV(imagewright.azure.vhd_info#module:accepted)).
      - For data disks, which nothing boots from.
    type: bool
    default: false
  progress_file:
    description:
      - File to which one line a second is appended that tells how far the upload is.
      - On the controller the collection sets this by itself and shows the lines while the task runs.
    type: path
attributes:
  check_mode:
    support: full
    description: Asks the target, reads the VHD and predicts the bytes. Writes nothing.
  diff_mode:
    support: full
    description: Shows size and digest of the target before and after.
author:
  - imagewright.azure contributors (@imagewright)
notes:
  - Of an address with a signature only the part before it is returned or shown in errors.
  - The journal stays beside the VHD after the upload, as its receipt. A later run that finds it and the same ETag at the target ends at once.
  - An upload that was completed is marked so in the blob's metadata (C(imagewright_state), C(imagewright_digest)).
seealso:
  - module: imagewright.azure.vhd_align
  - module: imagewright.azure.vhd_info
"""

EXAMPLES = r"""
- name: Upload to a page blob, signed in with az login
  imagewright.azure.vhd_upload:
    src: /images/disk.vhd
    account: myimages
    container: vhds
  delegate_to: localhost

- name: Upload with a shared access signature, and read everything back
  imagewright.azure.vhd_upload:
    src: /images/disk.vhd
    url: "https://myimages.blob.core.windows.net/vhds/debian-12.vhd"
    sas_token: "{{ vault_sas_token }}"
    verify: content

- name: Upload straight to a managed disk
  imagewright.azure.vhd_upload:
    src: /images/disk.vhd
    url: "{{ disk_access.accessSas }}"

- name: Upload with the account key to another cloud, over a thin line
  imagewright.azure.vhd_upload:
    src: /images/disk.vhd
    account: myimages
    container: vhds
    blob: debian/12.vhd
    account_key: "{{ vault_account_key }}"
    endpoint: https://myimages.blob.core.chinacloudapi.cn
    parallel: 2
    retries: 20

- name: Upload to an emulator
  imagewright.azure.vhd_upload:
    src: /images/disk.vhd
    account: devstoreaccount1
    container: vhds
    account_key: "{{ emulator_key }}"
    endpoint: http://127.0.0.1:10000/devstoreaccount1
    overwrite: true
"""

RETURN = r"""
url:
  description: The address, without its signature.
  returned: success
  type: str
  sample: https://myimages.blob.core.windows.net/vhds/disk.vhd
target:
  description: What was written to.
  returned: success
  type: str
  sample: page_blob
action:
  description:
    - What was done, or would be in check mode. V(unchanged), V(create), V(resume) an interrupted upload, V(restart) one, or V(replace) what others wrote.
  returned: success
  type: str
  sample: create
reason:
  description: Why that.
  returned: success
  type: str
  sample: there is no such blob
bytes_total:
  description: Size of the VHD, and so of the blob. The number for C(az disk create --upload-size-bytes).
  returned: success
  type: int
  sample: 8589935104
bytes_uploaded:
  description: Bytes of the VHD that this run sent.
  returned: success
  type: int
  sample: 723517952
bytes_skipped:
  description: The other bytes of it. They are zero, or an earlier run had sent them.
  returned: success
  type: int
  sample: 7866417152
bytes_cleared:
  description: Bytes that an older upload had left where the VHD has zeros, and that were made zero.
  returned: success
  type: int
  sample: 0
ranges:
  description: Number of page writes that this run needed.
  returned: success
  type: int
  sample: 186
resumed:
  description: Whether this run went on with an interrupted upload.
  returned: success
  type: bool
digest:
  description: SHA-256 of the places and MD5s of what is not zero; the same for the same content. Of the metadata C(imagewright_digest) too.
  returned: when the content was looked at
  type: str
etag:
  description: The ETag of the blob after the upload.
  returned: when something was uploaded, and not in check mode
  type: str
verified:
  description: What was read back and compared.
  returned: success
  type: list
  elements: str
  sample: [ranges, footer, size]
generations:
  description: Generations of virtual machines that the disk can boot on.
  returned: success
  type: list
  elements: int
  sample: [2]
journal:
  description: The journal, which is the receipt of an upload that was completed.
  returned: success
  type: str
"""

import contextlib
import logging
import os
import urllib.request
from typing import Any, Dict, Mapping, Optional, Set

from ansible_collections.imagewright.azure.plugins.module_utils.core import errors
from ansible_collections.imagewright.azure.plugins.module_utils.core.discreet_module import DiscreetModule
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.progress import Progress
from ansible_collections.imagewright.azure.plugins.module_utils.core.secrets import masked, secrets_in, spellings
from ansible_collections.imagewright.azure.plugins.module_utils.disk.bootability import generation_wanted
from ansible_collections.imagewright.azure.plugins.module_utils.disk.problems import sentence
from ansible_collections.imagewright.azure.plugins.module_utils.upload import address as addresses
from ansible_collections.imagewright.azure.plugins.module_utils.upload import client, upload
from ansible_collections.imagewright.azure.plugins.module_utils.upload import journal as journals
from ansible_collections.imagewright.azure.plugins.module_utils.upload import plan as plans
from ansible_collections.imagewright.azure.plugins.module_utils.upload.blob import Blob, Properties
from ansible_collections.imagewright.azure.plugins.module_utils.upload.vhd import OpenVhd
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.image_problems import of_the_generation
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.info import describe_image

#: Options that are made for secrets; all others are shown.
OPTIONS_WITH_SECRETS = ("url", "account_key", "sas_token")

ARGUMENTS = {
    "src": {"type": "path", "required": True, "aliases": ["image"]},
    "url": {"type": "str", "no_log": True},
    "account": {"type": "str"},
    "container": {"type": "str"},
    "blob": {"type": "str"},
    "endpoint": {"type": "str"},
    "account_key": {"type": "str", "no_log": True},
    "sas_token": {"type": "str", "no_log": True},
    "target": {"type": "str", "choices": ["auto", "page_blob", "managed_disk"], "default": "auto"},
    "parallel": {"type": "int", "default": 8},
    "resume": {"type": "bool", "default": True},
    "changed_source": {"type": "str", "choices": ["restart", "fail"], "default": "restart"},
    "overwrite": {"type": "bool", "default": False},
    "verify": {"type": "str", "choices": ["true", "false", "content"], "default": "true"},
    "journal": {"type": "path"},
    "retries": {"type": "int", "default": 8},
    "retry_delay": {"type": "float", "default": 1.0},
    "request_timeout": {"type": "int", "default": 60},
    "generation": {"type": "str", "choices": ["auto", "1", "2"], "default": "auto"},
    "allow_problems": {"type": "bool", "default": False},
    "progress_file": {"type": "path"},
}


def target_of(params: Mapping[str, Any]) -> addresses.Address:
    """Return the Address that the options give.

    Raises ImagewrightError: they give none, or more than one.
    """
    if params["url"]:
        return addresses.from_url(params["url"], params["sas_token"], params["account"], params["target"])
    return addresses.from_names(
        params["account"], params["container"], params["blob"] or os.path.basename(params["src"]), params["endpoint"], params["sas_token"], params["target"]
    )


def check_numbers(params: Mapping[str, Any]) -> None:
    """Raise ImagewrightError for a number that makes no sense."""
    for name, lowest, highest in (("parallel", 1, 64), ("retries", 0, 100), ("retry_delay", 0, 60), ("request_timeout", 1, 3600)):
        if not lowest <= params[name] <= highest:
            raise ImagewrightError(f"cannot upload with {name}={params[name]}: it has to be from {lowest} to {highest}")


def check_vhd(src: str, generation: Optional[int], allow_problems: bool) -> Dict[str, Any]:
    """Return what vhd_info tells of the VHD.

    generation: int or None, when any will do.
    Raises ImagewrightError: Azure would refuse it, or it has other problems and they are not allowed.
    """
    facts = describe_image(os.path.abspath(src))
    problems = list(facts["problems"])
    if facts["accepted"]:
        problems += [sentence(problem) for problem in of_the_generation(generation, facts)]
    if problems and not (facts["accepted"] and allow_problems):
        fix = "; Azure would take it as a disk all the same: set allow_problems=true if that is meant, as for a data disk" if facts["accepted"] else ""
        raise ImagewrightError(f"cannot upload {src}: {'; '.join(problems)}{fix}", problems=problems)
    return facts


def protect(module: DiscreetModule, address: addresses.Address) -> None:
    """Have Ansible hide the secrets in every form, and show the address when there is no secret in it."""
    module.no_log_values.update(secrets_in(address.sas))
    if module.params["url"] and addresses.without_query(module.params["url"]) == module.params["url"]:
        module.no_log_values.discard(module.params["url"])
    if address.url.startswith("http:") and not address.service.startswith(("http://127.", "http://localhost", "http://[::1]")):
        module.warn(f"the upload to {address.url} is not encrypted; use https:// unless this is an emulator")


def result_of(
    module: DiscreetModule,
    found: Optional[Properties],
    outcome: upload.UploadOutcome,
    source: OpenVhd,
    blob: Blob,
    facts: Mapping[str, Any],
    journal_path: str,
) -> Dict[str, Any]:
    """Return the module's result (dict)."""
    plan, uploaded = outcome.plan, sum(item.length for item in outcome.sent)
    result = {
        "changed": plan.action != "unchanged",
        "url": blob.address.url,
        "target": "managed_disk" if blob.address.managed_disk else "page_blob",
        "action": plan.action,
        "reason": plan.reason,
        "bytes_total": source.size,
        "bytes_uploaded": uploaded,
        "bytes_skipped": source.size - uploaded,
        "bytes_cleared": outcome.cleared,
        "ranges": len(outcome.sent),
        "resumed": plan.action == "resume",
        "verified": outcome.verified,
        "generations": facts["generations"] or [],
        "journal": journal_path,
    }
    result.update({key: value for key, value in (("digest", outcome.digest), ("etag", outcome.etag)) if value})
    if module._diff:
        before = None if found is None else {"size": found.size, "digest": found.metadata.get(plans.DIGEST)}
        after = before if plan.action == "unchanged" else {"size": source.size, "digest": outcome.digest}
        result["diff"] = {"before_header": blob.address.url, "after_header": blob.address.url, "before": before or {}, "after": after}
    return result


def run(module: DiscreetModule) -> Dict[str, Any]:
    """Upload, unless the target has the VHD already, and return the result."""
    params = module.params
    address = target_of(params)
    protect(module, address)
    check_numbers(params)
    facts = check_vhd(params["src"], generation_wanted(params["generation"]), params["allow_problems"])
    plans.require_room(facts["file_size"], address.managed_disk, address.url)
    blob = client.connect(address, params["account_key"], params["parallel"], params["request_timeout"], params["retries"], params["retry_delay"])
    settings = upload.UploadSettings(
        plans.Choices(params["resume"], params["changed_source"], params["overwrite"], params["verify"] == "content"), params["parallel"], params["verify"]
    )
    progress = Progress(params["progress_file"])
    path = journals.path_for(params["src"], address, params["journal"])
    with OpenVhd(params["src"]) as source, contextlib.ExitStack() as stack:
        journal = None if module.check_mode else stack.enter_context(journals.Journal(path))
        plan, found = upload.decide(source, blob, journals.read(path) if journal is None else journal.state, settings, progress)
        if journal is None or plan.action == "unchanged":
            outcome = upload.predict(source, plan, settings)
            if plan.verified and journal is not None and found is not None:
                upload.leave_receipt(source, blob, journal, found)
        else:
            outcome = upload.carry_out(source, blob, plan, journal, settings, progress)
        return result_of(module, found, outcome, source, blob, facts, path)


def run_without_secrets(module: DiscreetModule) -> Dict[str, Any]:
    """Return what run() returns; whatever goes wrong is told without a secret, in Ansible's form and without a traceback."""
    logging.disable(logging.CRITICAL)  # the libraries warn with whole addresses
    secrets = known_secrets(module.params)
    module.no_log_values.update(secrets)
    try:
        require_no_secrets_elsewhere(module.params)
        return run(module)
    except ImagewrightError as error:
        raise ImagewrightError(masked(str(error), secrets), **error.details) from None
    except Exception as error:
        raise ImagewrightError(
            f"cannot upload {masked(module.params['src'], secrets)}: unexpected {type(error).__name__}: {masked(str(error), secrets)}; please report this"
        ) from None


def known_secrets(params: Mapping[str, Any]) -> Set[str]:
    """Return every spelling ({str}) of the secrets in the options, and in the addresses of proxies in the environment."""
    found = spellings(params["account_key"]) if params["account_key"] else set()
    for text in [params[name] for name in OPTIONS_WITH_SECRETS] + list(urllib.request.getproxies().values()):
        found |= secrets_in(text or "")
    return found


def require_no_secrets_elsewhere(params: Mapping[str, Any]) -> None:
    """Check that a signature or key was given in an option for it: names and addresses without one are shown and written down.

    Raises ImagewrightError: another option holds what looks like one.
    """
    for name in ("account", "container", "blob", "endpoint", "src", "journal", "progress_file"):
        if params[name] and secrets_in(params[name]):
            raise ImagewrightError(
                f"cannot upload with this {name}: it holds what looks like a signature, a key or a password, and {name} is shown to"
                " everybody; give a signature as sas_token or as part of url, and a key as account_key"
            )


def main() -> None:
    """Run the module."""
    module = DiscreetModule(
        argument_spec=ARGUMENTS,
        supports_check_mode=True,
        mutually_exclusive=[("url", "container"), ("url", "blob"), ("url", "endpoint"), ("account_key", "sas_token")],
        required_one_of=[("url", "account"), ("url", "container")],
    )
    errors.finish(module, run_without_secrets)


if __name__ == "__main__":
    main()

# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.azure.azcollection.plugins.module_utils.stand_in import run

# os_type: 3.12 takes small letters, too; releases before it do not
OPTIONS = {
    "resource_group": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
    "location": {"type": "str"},
    "source": {"type": "raw"},
    "data_disk_sources": {"type": "list", "elements": "str", "default": []},
    "os_disk_encryption_set": {"type": "str"},
    "data_disk_encryption_set": {"type": "str"},
    "os_type": {"type": "str", "choices": ["Windows", "Linux"]},
    "hyper_v_generation": {"type": "str", "choices": ["V1", "V2"]},
}

if __name__ == "__main__":
    run("azure_rm_image", OPTIONS, required_if=[("state", "present", ["source"])])

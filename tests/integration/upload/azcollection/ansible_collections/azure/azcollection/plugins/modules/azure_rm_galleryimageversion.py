# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.azure.azcollection.plugins.module_utils.stand_in import run

CACHING = {"type": "str", "default": "None", "choices": ["ReadOnly", "ReadWrite", "None"]}
REGION = {
    "name": {"type": "str", "required": True},
    "regional_replica_count": {"type": "int"},
    "storage_account_type": {"type": "str"},
    "encryption": {"type": "dict"},
}
OPTIONS = {
    "resource_group": {"type": "str", "required": True},
    "gallery_name": {"type": "str", "required": True},
    "gallery_image_name": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "tags": {"type": "dict"},
    "location": {"type": "str"},
    "storage_profile": {
        "type": "dict",
        "options": {
            "source_image": {"type": "raw"},
            "os_disk": {"type": "dict", "options": {"source": {"type": "raw"}, "host_caching": CACHING}},
            "data_disks": {"type": "list", "elements": "raw", "options": {"lun": {"type": "int"}, "source": {"type": "raw"}, "host_caching": CACHING}},
        },
    },
    "publishing_profile": {
        "type": "dict",
        "options": {
            "target_regions": {"type": "list", "elements": "raw", "options": REGION},
            "managed_image": {"type": "raw"},
            "snapshot": {"type": "raw"},
            "replica_count": {"type": "int"},
            "exclude_from_latest": {"type": "bool"},
            "end_of_life_date": {"type": "str"},
            "storage_account_type": {"type": "str", "choices": ["Standard_LRS", "Standard_ZRS"]},
        },
    },
    "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
}

if __name__ == "__main__":
    run("azure_rm_galleryimageversion", OPTIONS)

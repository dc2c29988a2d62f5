# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.azure.azcollection.plugins.module_utils.stand_in import run

OPTIONS = {
    "url": {"type": "str"},
    "provider": {"type": "str"},
    "resource_group": {"type": "str"},
    "resource_type": {"type": "str"},
    "resource_name": {"type": "str"},
    "subresource": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {"namespace": {"type": "str"}, "type": {"type": "str"}, "name": {"type": "str"}},
    },
    "method": {"type": "str", "default": "GET", "choices": ["GET", "PUT", "POST", "HEAD", "PATCH", "DELETE", "MERGE"]},
    "api_version": {"type": "str"},
    "tags": {"type": "dict", "default": {}},
}

if __name__ == "__main__":
    run("azure_rm_resource_info", OPTIONS)

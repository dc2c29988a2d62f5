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
    "subresource": {"type": "list", "elements": "dict", "default": []},
    "api_version": {"type": "str"},
    "method": {"type": "str", "default": "PUT", "choices": ["GET", "PUT", "POST", "HEAD", "PATCH", "DELETE", "MERGE"]},
    "body": {"type": "raw"},
    "status_code": {"type": "list", "elements": "int", "default": [200, 201, 202]},
    "idempotency": {"type": "bool", "default": False},
    "polling_timeout": {"type": "int", "default": 0},
    "polling_interval": {"type": "int", "default": 60},
    "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
}

if __name__ == "__main__":
    run("azure_rm_resource", OPTIONS, check_mode=False)

"""One look at everything with the Azure SDK for Python: sdk.py ENDPOINT AUTHORITY VAULT THREADS."""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from azure.core.credentials import AccessToken
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.recoveryservicessiterecovery import SiteRecoveryManagementClient


class Token:
    def get_token(self, *scopes, **options):
        return AccessToken("simulator-token", int(time.time()) + 3600)


endpoint, authority, vault, threads = sys.argv[1:5]
part = vault.split("/")
options = {
    "credential": Token(), "subscription_id": part[2], "base_url": endpoint,
    "credential_scopes": ["https://management.azure.com/.default"], "connection_verify": authority,
}
recovery = SiteRecoveryManagementClient(**options)
compute = ComputeManagementClient(**options)


def handlers(item):
    machine = item.properties.provider_specific_details.fabric_object_id.split("/")
    found = compute.virtual_machines.get(machine[4], machine[8], expand="instanceView")
    return len(found.instance_view.vm_agent.extension_handlers)


with ThreadPoolExecutor(int(threads)) as pool:
    items = list(recovery.replication_protected_items.list(part[4], part[8]))
    total = sum(pool.map(handlers, items)) if int(threads) > 1 else sum(map(handlers, items))
print(json.dumps({"items": len(items), "handlers": total}))

"""One look at everything with Cloud Custodian: custodian.py ENDPOINT AUTHORITY VAULT.

A policy on all machines of the subscription that filters by the instance view, run by Custodian's own command line. All
that is changed is where the resource manager is.
"""

import json
import os
import sys
import tempfile

endpoint, authority, vault = sys.argv[1:4]
os.environ.update(
    REQUESTS_CA_BUNDLE=authority, AZURE_ACCESS_TOKEN="simulator-token", AZURE_TENANT_ID="tenant",
    AZURE_SUBSCRIPTION_ID=vault.split("/")[2])

from msrestazure.azure_cloud import AZURE_PUBLIC_CLOUD  # noqa: E402

AZURE_PUBLIC_CLOUD.endpoints.resource_manager = endpoint + "/"

from c7n.cli import main  # noqa: E402

with tempfile.TemporaryDirectory() as folder:
    policy = os.path.join(folder, "policy.json")
    with open(policy, "w") as file:
        json.dump({"policies": [{
            "name": "agents", "resource": "azure.vm",
            "filters": [{
                "type": "instance-view", "key": "vmAgent.extensionHandlers[].status.code", "op": "contains",
                "value": "ProvisioningState/succeeded"}],
        }]}, file)
    sys.argv = ["custodian", "run", "--output-dir", folder, "--cache-period", "0", policy]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
    with open(os.path.join(folder, "agents", "resources.json")) as file:
        found = json.load(file)
    views = [machine.get("instanceView") or {} for machine in found]
    handlers = sum(len(view.get("vmAgent", {}).get("extensionHandlers", [])) for view in views)
    print(json.dumps({"items": len(found), "handlers": handlers}))

"""Compute's own client: machines, instance views, extensions with both their operations, identities."""

import datetime
import unittest

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.compute import models

from stage import PLAIN, Conformance

GROUP = "rg-erp-ukw"
NAME = "AzureMonitorWindowsAgent"
HANDLER = "Microsoft.Azure.Monitor.AzureMonitorWindowsAgent"


def agent(location="ukwest", kind=NAME):
    return models.VirtualMachineExtension(
        location=location,
        properties=models.VirtualMachineExtensionProperties(
            publisher="Microsoft.Azure.Monitor", type=kind, type_handler_version="1.2",
            auto_upgrade_minor_version=True, enable_automatic_upgrade=True, force_update_tag="once",
            settings={"authentication": {"numbers": [1, 2.5], "on": True, "text": "true"}},
            protected_settings={"key": "secret"}))


class ComputeTests(Conformance):
    def machine(self, name="erp-web-01", group=GROUP, expand=None):
        return self.compute.virtual_machines.get(group, name, expand=expand, **PLAIN)

    def view(self, name="erp-web-01", group=GROUP):
        return self.compute.virtual_machines.instance_view(group, name, **PLAIN)

    maxDiff = None

    def test_machine_before_and_after(self):
        source = self.machine(group="rg-erp-uks")
        self.assertEqual(source.identity.type, "SystemAssigned")
        self.assertEqual(len(source.identity.principal_id), 36)
        self.assertEqual([child.name for child in source.resources], [NAME])
        self.assertEqual(source.resources[0].properties.publisher, "Microsoft.Azure.Monitor")
        self.assertEqual(source.properties.storage_profile.os_disk.create_option, "FromImage")
        self.assertIsNotNone(source.properties.os_profile)
        recovered = self.machine()
        self.assertEqual(recovered.location, "ukwest")
        self.assertNotEqual(recovered.properties.vm_id, source.properties.vm_id)
        self.assertEqual(recovered.properties.storage_profile.os_disk.os_type, "Windows")
        self.assertEqual(recovered.properties.storage_profile.os_disk.create_option, "Attach")
        self.assertIsNone(recovered.properties.os_profile)
        self.assertGreater(recovered.properties.time_created, source.properties.time_created)
        self.assertEqual(recovered.tags, {"monitoring": "standard"})

    def test_instance_view(self):
        expanded = self.machine("erp-web-02", "rg-erp-uks", expand="instanceView").properties.instance_view
        view = self.view("erp-web-02", "rg-erp-uks")
        for view in (expanded, view):
            self.assertEqual(view.vm_agent.statuses[0].code, "ProvisioningState/succeeded")
            self.assertEqual(view.vm_agent.statuses[0].display_status, "Ready")
            self.assertIsInstance(view.vm_agent.statuses[0].time, datetime.datetime)
            handler = view.vm_agent.extension_handlers[0]
            self.assertEqual(handler.type, HANDLER)
            self.assertEqual(handler.type_handler_version, "1.2.5.18")
            self.assertEqual((handler.status.code, handler.status.level), ("ProvisioningState/succeeded", "Info"))
            self.assertEqual(view.extensions[0].type, HANDLER)
            self.assertEqual(view.extensions[0].statuses[0].display_status, "Provisioning succeeded")
            self.assertIn("PowerState/running", [status.code for status in view.statuses])

    def test_extensions_of_a_machine(self):
        rows = self.compute.virtual_machine_extensions.list("rg-erp-uks", "erp-app-01", **PLAIN).value
        self.assertEqual(
            sorted(row.properties.type for row in rows), ["AzureMonitorLinuxAgent", "DependencyAgentLinux"])
        found = {row.properties.type: row.properties for row in rows}["DependencyAgentLinux"]
        self.assertEqual(found.type_handler_version, "9.10")
        self.assertEqual(found.settings, {"enableAMA": "true"})
        self.assertIsNone(found.instance_view)
        rows = self.compute.virtual_machine_extensions.list(
            "rg-erp-uks", "erp-app-01", expand="instanceView", **PLAIN).value
        self.assertEqual(rows[0].properties.instance_view.statuses[0].code, "ProvisioningState/succeeded")

    def test_recipe(self):
        stuck = self.view().vm_agent.extension_handlers[0]
        self.assertEqual((stuck.type, stuck.status.code), (HANDLER, "ProvisioningState/Unresponsive"))
        self.assertEqual(stuck.status.level, "Warning")
        self.assertIsNone(self.machine().resources)
        extensions = self.compute.virtual_machine_extensions
        # It was never created here: there is nothing to wait for.
        self.assertIsNone(extensions.begin_delete(GROUP, "erp-web-01", NAME, **PLAIN).result(timeout=30))

        poller = extensions.begin_create_or_update(GROUP, "erp-web-01", NAME, agent(), **PLAIN)
        self.assertFalse(poller.done(), "it is an operation that takes its time")
        self.assertEqual(self.machine().properties.provisioning_state, "Updating")
        with self.assertRaises(HttpResponseError) as refused:
            extensions.begin_create_or_update(GROUP, "erp-web-01", "Other", agent(kind="Other"), **PLAIN)
        self.assertEqual((refused.exception.status_code, refused.exception.error.code), (409, "OperationNotAllowed"))
        made = poller.result(timeout=30)
        self.assertEqual(made.name, NAME)
        self.assertEqual(made.location, "ukwest")
        self.assertEqual(made.properties.provisioning_state, "Succeeded")
        self.assertEqual(made.properties.publisher, "Microsoft.Azure.Monitor")
        self.assertEqual(made.properties.type, NAME)
        self.assertEqual(made.properties.type_handler_version, "1.2")
        self.assertIs(made.properties.auto_upgrade_minor_version, True)
        self.assertIs(made.properties.enable_automatic_upgrade, True)
        self.assertEqual(made.properties.force_update_tag, "once")
        self.assertEqual(
            made.properties.settings, {"authentication": {"numbers": [1, 2.5], "on": True, "text": "true"}})
        self.assertIsNone(made.properties.protected_settings, "they are never told again")
        again = extensions.get(GROUP, "erp-web-01", NAME, expand="instanceView", **PLAIN)
        self.assertEqual(again.id, made.id)
        self.assertEqual(again.properties.instance_view.statuses[0].code, "ProvisioningState/succeeded")
        with self.assertRaises(HttpResponseError) as refused:
            extensions.begin_create_or_update(GROUP, "erp-web-01", "Second", agent(), **PLAIN)
        self.assertIn("Multiple VMExtensions per handler", refused.exception.error.message)

        poller = extensions.begin_delete(GROUP, "erp-web-01", NAME, **PLAIN)
        self.assertFalse(poller.done())
        self.assertEqual(
            extensions.get(GROUP, "erp-web-01", NAME, **PLAIN).properties.provisioning_state, "Deleting")
        poller.result(timeout=30)
        self.assertTrue(poller.done())
        with self.assertRaises(ResourceNotFoundError):
            extensions.get(GROUP, "erp-web-01", NAME, **PLAIN)
        tally = [write["status"] for write in self.simulator.truth()["writes"] if write["item"] == "erp-web-01"]
        self.assertEqual([status for status in tally if status in (201, 202, 204)], [204, 201, 202])

    def test_identity(self):
        ids = [
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + name
            for name in ("uai-one", "uai-two")
        ]

        def assign(kind, *named):
            return self.compute.virtual_machines.begin_update(
                "rg-erp-uks", "erp-app-02",
                models.VirtualMachineUpdate(
                    identity=models.VirtualMachineIdentity(
                        type=kind,
                        user_assigned_identities={name: models.UserAssignedIdentitiesValue() for name in named} or None
                    )), **PLAIN).result(timeout=30)

        machine = assign("SystemAssigned, UserAssigned", ids[0])
        self.assertEqual(machine.identity.type, "SystemAssigned, UserAssigned")
        machine = assign("SystemAssigned, UserAssigned", ids[1])
        self.assertEqual(sorted(machine.identity.user_assigned_identities), ids)
        self.assertEqual(len(machine.identity.user_assigned_identities[ids[0]].client_id), 36)
        self.assertEqual(assign("SystemAssigned").identity.user_assigned_identities, None)

    def test_versions_of_a_region(self):
        versions = self.compute.virtual_machine_extension_images.list_versions(
            "ukwest", "Microsoft.Azure.Monitor", NAME, **PLAIN)
        self.assertEqual([version.name for version in versions], ["1.2.0.0", "1.2.5.18"])


class SilentAgentTests(Conformance):
    # It takes 25 minutes until Azure gives up.
    speed = 240

    def test_failed_install_is_told_by_the_poller(self):
        self.simulator.post("machine", name="erp-web-03", agentReady=False)
        poller = self.compute.virtual_machine_extensions.begin_create_or_update(
            "rg-erp-uks", "erp-web-03", NAME, agent("uksouth"), **PLAIN)
        with self.assertRaises(HttpResponseError) as failed:
            poller.result(timeout=60)
        self.assertEqual(poller.status(), "Failed")
        self.assertEqual(failed.exception.error.code, "VMAgentStatusCommunicationError")


if __name__ == "__main__":
    unittest.main()

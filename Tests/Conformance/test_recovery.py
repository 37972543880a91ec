"""Site Recovery's own client: items over several pages, one item, jobs, plans."""

import datetime
import unittest

from azure.core.exceptions import ResourceNotFoundError

from stage import PLAIN, SUBSCRIPTION, Conformance

GROUP = "rg-vaults"


class RecoveryTests(Conformance):
    @property
    def vault(self):
        return {"resource_group_name": GROUP, "resource_name": self.simulator.vault}

    def item(self, name="erp-web-01"):
        found = [
            item for item in self.recovery.replication_protected_items.list(**self.vault, **PLAIN)
            if item.properties.friendly_name == name
        ]
        self.assertEqual(len(found), 1)
        return found[0]

    def test_token_of_the_metadata_service(self):
        token = self.credential.get_token("https://management.azure.com/.default")
        self.assertTrue(token.token.startswith("issued-"))
        self.assertGreater(token.expires_on, datetime.datetime.now().timestamp() + 3600)

    def test_items_over_several_pages(self):
        pages = [
            list(page) for page in self.recovery.replication_protected_items.list(**self.vault, **PLAIN).by_page()
        ]
        self.assertEqual([len(page) for page in pages], [4, 2])
        names = sorted(item.properties.friendly_name for page in pages for item in page)
        self.assertEqual(names[0], "erp-app-01")
        self.assertEqual(len(set(names)), 6)

    def test_item_that_failed_over(self):
        row = self.item()
        fabric, container = row.id.split("/")[10], row.id.split("/")[12]
        item = self.recovery.replication_protected_items.get(
            **self.vault, fabric_name=fabric, protection_container_name=container,
            replicated_protected_item_name=row.name, **PLAIN)
        self.assertEqual(item.id, row.id)
        self.assertTrue(item.id.startswith("/Subscriptions/"))
        properties = item.properties
        self.assertEqual(properties.protection_state, "UnplannedFailoverCommitPendingStatesBegin")
        self.assertEqual(properties.protection_state_description, "Failover completed")
        self.assertEqual(properties.active_location, "Recovery")
        self.assertEqual(properties.test_failover_state, "None")
        self.assertEqual(properties.current_scenario.scenario_name, "None")
        self.assertTrue(properties.current_scenario.job_id.endswith("/replicationJobs/None"))
        self.assertEqual(properties.current_scenario.start_time.year, 1753)
        self.assertIsInstance(properties.last_successful_failover_time, datetime.datetime)
        self.assertIn("Commit", properties.allowed_operations)
        self.assertEqual(properties.replication_health, "Normal")
        details = properties.provider_specific_details
        self.assertEqual(details.instance_type, "A2A")
        self.assertEqual(
            details.fabric_object_id,
            f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg-erp-uks/providers/microsoft.compute/virtualmachines/erp-web-01")
        self.assertIn("/resourcegroups/rg-erp-ukw/", details.recovery_fabric_object_id)
        self.assertIsNone(details.test_failover_recovery_fabric_object_id)
        self.assertEqual(details.recovery_azure_vm_name, "erp-web-01")
        self.assertTrue(details.recovery_azure_resource_group_id.endswith("/resourceGroups/rg-erp-ukw"))
        self.assertEqual(details.tfo_azure_vm_name, "erp-web-01-test")
        self.assertEqual(details.primary_fabric_location, "uksouth")
        self.assertEqual(details.recovery_fabric_location, "ukwest")
        self.assertEqual(details.initial_primary_fabric_location, "uksouth")
        self.assertEqual(details.initial_recovery_fabric_location, "ukwest")
        self.assertEqual(details.primary_availability_zone, "")
        self.assertEqual(details.os_type, "Windows")
        self.assertEqual(len(details.lifecycle_id), 36)
        self.assertEqual(details.agent_expiry_date.year, 9999)
        # Only the single item has these.
        self.assertEqual(details.vm_synced_config_details.tags, {"monitoring": "standard"})
        self.assertIsNone(row.properties.provider_specific_details.vm_synced_config_details.tags)
        self.assertEqual(details.protected_managed_disks[0].disk_state, "Protected")

    def test_jobs(self):
        rows = list(self.recovery.replication_jobs.list(**self.vault, **PLAIN))
        row = [job for job in rows if job.properties.target_object_name == "erp-web-01"][0]
        self.assertEqual(row.properties.scenario_name, "UnplannedFailover")
        self.assertEqual(row.properties.tasks, [])
        self.assertIsNone(row.properties.custom_details)
        job = self.recovery.replication_jobs.get(**self.vault, job_name=row.name, **PLAIN).properties
        self.assertEqual(job.friendly_name, "Failover")
        self.assertEqual((job.state, job.state_description), ("Succeeded", "Completed"))
        self.assertGreater(job.end_time, job.start_time)
        self.assertEqual(job.target_instance_type, "ProtectionEntity")
        self.assertEqual([task.name for task in job.tasks][-1], "VmFailover")
        self.assertEqual({task.state for task in job.tasks}, {"Succeeded"})
        self.assertEqual(job.custom_details.instance_type, "FailoverJobDetails")
        self.assertEqual(job.custom_details.protected_item_details[0].friendly_name, "erp-web-01")
        self.assertEqual(job.custom_details.affected_object_details["recoveryVmName"], "erp-web-01")
        self.assertIn("ActivityId", job.activity_id)

    def test_job_that_is_not_there(self):
        with self.assertRaises(ResourceNotFoundError) as refused:
            self.recovery.replication_jobs.get(**self.vault, job_name="none", **PLAIN)
        self.assertEqual(refused.exception.error.code, "ResourceNotFound")

    def test_recovery_plan(self):
        self.assertEqual(
            [plan.name for plan in self.recovery.replication_recovery_plans.list(**self.vault, **PLAIN)], ["plan-erp"])
        plan = self.recovery.replication_recovery_plans.get(**self.vault, recovery_plan_name="plan-erp", **PLAIN)
        groups = plan.properties.groups
        self.assertEqual([len(group.replication_protected_items) for group in groups], [2, 1])
        self.assertEqual(groups[0].group_type, "Boot")
        self.assertEqual(groups[0].replication_protected_items[0].id, self.item().id)
        action = groups[0].end_group_actions[0]
        self.assertEqual(action.action_name, "tell-operators")
        self.assertEqual(action.failover_types, ["UnplannedFailover"])
        self.assertEqual(action.failover_directions, ["PrimaryToRecovery"])
        self.assertTrue(action.custom_details.runbook_id.endswith("/runbooks/tell"))
        self.assertEqual(groups[1].start_group_actions[0].custom_details.instance_type, "ManualActionDetails")
        self.assertIsInstance(plan.properties.last_unplanned_failover_time, datetime.datetime)


class ReprotectTests(Conformance):
    def test_item_moves_to_the_other_fabric(self):
        vault = {"resource_group_name": GROUP, "resource_name": self.simulator.vault}
        self.simulator.post("commit", items=["erp-web-01"])
        self.simulator.post("reprotect", items=["erp-web-01"])
        items = {
            item.properties.friendly_name: item
            for item in self.recovery.replication_protected_items.list(**vault, **PLAIN)
        }
        moved = items["erp-web-01"]
        details = moved.properties.provider_specific_details
        self.assertIn("asr-a2a-default-ukwest", moved.id)
        self.assertEqual(moved.properties.active_location, "Primary")
        self.assertEqual(moved.properties.protection_state, "InitialReplicationInProgress")
        self.assertIsNone(moved.properties.last_successful_failover_time)
        self.assertIsNone(details.lifecycle_id)
        self.assertIsNone(details.recovery_fabric_object_id)
        self.assertIn("rg-erp-ukw", details.fabric_object_id)
        self.assertEqual((details.primary_fabric_location, details.recovery_fabric_location), ("ukwest", "uksouth"))
        self.assertEqual(details.initial_primary_fabric_location, "uksouth")
        job = [
            job for job in self.recovery.replication_jobs.list(**vault, **PLAIN)
            if job.properties.scenario_name == "SwitchReplicationGroupProtection"
        ][0]
        whole = self.recovery.replication_jobs.get(**vault, job_name=job.name, **PLAIN)
        self.assertEqual(whole.properties.custom_details.new_replication_protected_item_id, moved.id)


if __name__ == "__main__":
    unittest.main()

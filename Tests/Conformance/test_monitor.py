"""Azure Monitor's own client: associations of a machine, a rule and an endpoint."""

import unittest

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.monitor import models

from stage import ENDPOINT, PLAIN, RULE, SUBSCRIPTION, Conformance

MACHINE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-erp-ukw/providers/Microsoft.Compute/virtualMachines/erp-web-01"


class MonitorTests(Conformance):
    def test_association(self):
        associations = self.monitor.data_collection_rule_associations
        self.assertEqual(list(associations.list_by_resource(MACHINE, **PLAIN)), [])
        with self.assertRaises(ResourceNotFoundError):
            associations.get(MACHINE, "dcr-windows", **PLAIN)
        body = models.DataCollectionRuleAssociationProxyOnlyResource(
            data_collection_rule_id=RULE, description="restored")
        made = associations.create(MACHINE, "dcr-windows", body, **PLAIN)
        self.assertEqual(made.name, "dcr-windows")
        self.assertEqual(made.data_collection_rule_id, RULE)
        self.assertIsNone(made.data_collection_endpoint_id)
        self.assertEqual(made.type, "Microsoft.Insights/dataCollectionRuleAssociations")
        self.assertEqual(associations.get(MACHINE, "dcr-windows", **PLAIN).id, made.id)
        self.assertEqual([row.name for row in associations.list_by_resource(MACHINE, **PLAIN)], ["dcr-windows"])
        group, name = RULE.split("/")[4], RULE.split("/")[-1]
        rows = [row.id for row in associations.list_by_rule(group, name, **PLAIN)]
        self.assertIn(made.id.split("/providers/Microsoft.Insights")[0].lower(), [
            row.split("/providers/Microsoft.Insights")[0] for row in rows
        ])
        self.assertEqual(len(rows), 4)
        associations.delete(MACHINE, "dcr-windows", **PLAIN)
        associations.delete(MACHINE, "dcr-windows", **PLAIN)
        self.assertEqual(list(associations.list_by_resource(MACHINE, **PLAIN)), [])

    def test_endpoint(self):
        associations = self.monitor.data_collection_rule_associations
        body = models.DataCollectionRuleAssociationProxyOnlyResource(data_collection_endpoint_id=ENDPOINT)
        with self.assertRaises(HttpResponseError):
            associations.create(MACHINE, "another-name", body, **PLAIN)
        made = associations.create(MACHINE, "configurationAccessEndpoint", body, **PLAIN)
        self.assertEqual(made.data_collection_endpoint_id, ENDPOINT)
        group, name = ENDPOINT.split("/")[4], ENDPOINT.split("/")[-1]
        self.assertEqual(len(list(associations.list_by_data_collection_endpoint(group, name, **PLAIN))), 1)
        endpoint = self.monitor.data_collection_endpoints.get(group, name, **PLAIN)
        self.assertEqual(endpoint.location, "ukwest")
        self.assertTrue(endpoint.configuration_access.endpoint.startswith("https://dce-ukwest."))
        associations.delete(MACHINE, "configurationAccessEndpoint", **PLAIN)

    def test_rule(self):
        rule = self.monitor.data_collection_rules.get(RULE.split("/")[4], RULE.split("/")[-1], **PLAIN)
        self.assertEqual(rule.id, RULE)
        self.assertEqual(rule.kind, "Windows")
        self.assertTrue(rule.immutable_id.startswith("dcr-"))
        self.assertEqual(rule.destinations.log_analytics[0].name, "law-ops")
        self.assertTrue(rule.destinations.log_analytics[0].workspace_resource_id.endswith("/workspaces/law-ops"))


if __name__ == "__main__":
    unittest.main()

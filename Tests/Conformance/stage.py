"""The simulator as a process, and Microsoft's clients pointed at it."""

import json
import os
import subprocess
import time
import unittest
import urllib.request

from azure.identity import ManagedIdentityCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.recoveryservicessiterecovery import SiteRecoveryManagementClient

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SUBSCRIPTION = "5e000000-0000-4000-8000-000000000001"
MONITOR = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-monitor/providers/Microsoft.Insights"
RULE = f"{MONITOR}/dataCollectionRules/dcr-windows"
ENDPOINT = f"{MONITOR}/dataCollectionEndpoints/dce-ukwest"
# Bearer tokens leave over plain HTTP only where a call says so.
PLAIN = {"enforce_https": False}


class Simulator:
    """`aftercare simulate`, `speed` times as fast as the real one."""

    def __init__(self, speed):
        command = [
            os.environ.get("AFTERCARE", os.path.join(ROOT, ".build", "debug", "aftercare")), "simulate",
            "--scenario", os.path.join(ROOT, "config", "scenarios", "plain.yaml"),
            "--listen", "127.0.0.1:0", "--speed", str(speed),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{command[0]} said nothing; exit code {self.process.wait()}")
        ready = json.loads(line)
        self.endpoint = ready["endpoint"]
        self.vault = ready["vaults"][0].split("/")[-1]

    def post(self, verb, **body):
        request = urllib.request.Request(
            f"{self.endpoint}/_simulator/{verb}", json.dumps(body).encode(), {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=10).close()

    def truth(self):
        with urllib.request.urlopen(f"{self.endpoint}/_simulator/truth", timeout=10) as answer:
            return json.load(answer)

    def until(self, what, within=30):
        """What `what` returns as soon as it returns something."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            found = what()
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"nothing after {within} seconds")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)
        self.process.stdout.close()


class Conformance(unittest.TestCase):
    """A simulator for the whole class, where erp-web-01 has failed over and its guest agent is ready."""

    speed = 60

    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator(cls.speed)
        cls.addClassCleanup(cls.simulator.stop)
        # The library's own way to say where the instance metadata service is.
        os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = cls.simulator.endpoint
        cls.addClassCleanup(os.environ.pop, "AZURE_POD_IDENTITY_AUTHORITY_HOST")
        cls.credential = ManagedIdentityCredential()
        options = {
            "credential": cls.credential, "subscription_id": SUBSCRIPTION, "base_url": cls.simulator.endpoint,
            "credential_scopes": ["https://management.azure.com/.default"], "polling_interval": 0.1,
            # A refusal is to be seen at once.
            "retry_total": 0,
        }
        cls.compute = ComputeManagementClient(**options)
        cls.recovery = SiteRecoveryManagementClient(**options)
        cls.monitor = MonitorManagementClient(**options)
        cls.simulator.post("failover", items=["erp-web-01"], plan="plan-erp", vault=cls.simulator.vault)
        cls.simulator.until(
            lambda: [
                machine for machine in cls.simulator.truth()["machines"]
                if machine["name"] == "erp-web-01" and machine["location"] == "ukwest" and machine["agent"] == "Ready"
                and machine["role"] == "live"
            ])


__all__ = ["Conformance", "ENDPOINT", "PLAIN", "RULE", "SUBSCRIPTION"]

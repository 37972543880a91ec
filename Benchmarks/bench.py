"""The bench: runs contenders side by side and writes what it saw into docs/performance.md.

Whole processes are measured, by what the kernel says of them when they end. Contenders take turns, run after run, so that
a machine whose speed drifts is unjust to nobody; the middle of the runs counts.
"""

import argparse
import contextlib
import datetime
import http.client
import json
import os
import platform
import re
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
WORK = os.path.join(ROOT, ".build", "bench")
DOCUMENT = os.path.join(ROOT, "docs", "performance.md")
PYTHON = os.path.join(WORK, "python", "bin", "python")


def say(*words):
    print("bench:", *words, file=sys.stderr, flush=True)


# What a process cost


def measured(command, environment=None):
    """Runs a command to its end: what it printed, processor seconds, seconds, peak memory in MB."""
    begun = time.monotonic()
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, **(environment or {})})
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            raise SystemExit(
                f"bench: {' '.join(command)} ended with {process.returncode}:\n{errors.read()[-3000:]}")
    return {
        "output": output, "cpu": usage.ru_utime + usage.ru_stime, "wall": time.monotonic() - begun,
        "memory": usage.ru_maxrss / 1024,
    }


def middle(runs, key):
    return statistics.median(run[key] for run in runs)


# What answers


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Stage:
    """A still fleet behind TLS."""

    def __init__(self, items):
        self.authority = os.path.join(WORK, "authority.pem")
        key = os.path.join(WORK, "authority.key")
        if not os.path.exists(self.authority):
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-keyout", key, "-out", self.authority, "-days", "3650", "-subj", "/CN=127.0.0.1",
                 "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:TRUE"],
                check=True, capture_output=True)
        self.process = subprocess.Popen(
            [program("stage"), "--items", str(items), "--port", str(free_port()), "--certificate", self.authority,
             "--key", key], stdout=subprocess.PIPE, text=True)
        ready = json.loads(self.process.stdout.readline())
        self.endpoint, self.vault = ready["endpoint"], ready["vault"]
        self.context = ssl.create_default_context(cafile=self.authority)

    def spent(self):
        with urllib.request.urlopen(self.endpoint + "/_stage", context=self.context) as answer:
            return json.load(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def program(name):
    return os.path.join(WORK, "swift", "release", name)


# The sweep


def contenders(stage):
    place = [stage.endpoint, stage.authority, stage.vault]
    peers = os.path.join(HERE, "peers")
    return {
        "Aftercare": [
            program("sweep"), "--endpoint", stage.endpoint, "--authority", stage.authority, "--vault", stage.vault],
        "libcurl and simdjson, C++": [os.path.join(WORK, "floor"), *place],
        "Azure SDK for Python": [PYTHON, os.path.join(peers, "sdk.py"), *place, "1"],
        "Azure SDK for Python, 16 threads": [PYTHON, os.path.join(peers, "sdk.py"), *place, "16"],
        "Cloud Custodian": [PYTHON, os.path.join(peers, "custodian.py"), *place],
    }


def look(stage, name, command):
    """One run of one contender, and what it made the stage do."""
    before = stage.spent()
    run = measured(command, {"MALLOC_ARENA_MAX": "1"})
    after = stage.spent()
    # The question itself is not counted.
    run |= {key: after[key] - before[key] for key in ("cpuSeconds", "requests", "bytes")}
    found = json.loads(run["output"].splitlines()[-1])
    wanted = {key: after[key] for key in ("items", "handlers")}
    if found != wanted:
        raise SystemExit(f"bench: {name} found {found}, and there are {wanted}")
    return run


def sweep(options):
    runs = {}
    with Stage(options.items) as stage:
        commands = contenders(stage)
        if options.only:
            commands = {name: command for name, command in commands.items() if options.only in name}
        for turn in range(options.runs):
            for name, command in commands.items():
                slow = "SDK" in name or "Custodian" in name
                if slow and turn >= options.slow_runs:
                    continue
                run = look(stage, name, command)
                runs.setdefault(name, []).append(run)
                say(f"{name}: {run['cpu']:.2f} s of processor time, {run['memory']:.0f} MB, {run['wall']:.1f} s")
    ours = middle(runs["Aftercare"], "cpu") if "Aftercare" in runs else None
    rows = [
        [name, f"{middle(them, 'cpu'):.2f}", f"{middle(them, 'cpu') / ours:.1f} ×" if ours else "",
         f"{middle(them, 'memory'):.0f}", f"{middle(them, 'requests'):,.0f}", f"{middle(them, 'bytes') / 1e6:.0f}",
         f"{middle(them, 'wall'):.1f}", f"{middle(them, 'cpuSeconds'):.2f}", str(len(them))]
        for name, them in sorted(runs.items(), key=lambda pair: middle(pair[1], "cpu"))
    ]
    write("sweep", table(
        ["who looks", "processor, s", "of ours", "peak memory, MB", "requests", "MB of JSON", "wall, s",
         "the server's processor, s", "runs"], rows) + f"\n\n{versions()}", f"script/bench sweep --items {options.items}")


def versions():
    """Of everything that takes part: a number belongs to a version."""
    def first_line(*command):
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")[0]
    swift = re.search(r"Swift version (\S+)", first_line("swift", "--version"))[1]
    names = [f"Swift {swift}"]
    names += [f"{library} {first_line('pkg-config', '--modversion', library)}" for library in ("libcurl", "simdjson")]
    names.append(first_line(PYTHON, "--version"))
    with open(os.path.join(HERE, "requirements.txt")) as file:
        names += [line.strip().replace("==", " ") for line in file if "==" in line]
    return ", ".join(names) + "."


def fleet(options):
    """Memory and requests against the size of the fleet."""
    rows, points = [], []
    for items in (100, 1_000, 10_000, 100_000):
        with Stage(items) as stage:
            command = contenders(stage)["Aftercare"]
            runs = [look(stage, "Aftercare", command) for _ in range(1 if items > 10_000 else 3)]
        memory, requests, cpu = (middle(runs, key) for key in ("memory", "requests", "cpu"))
        say(f"{items} items: {memory:.1f} MB, {requests:.0f} requests, {cpu:.2f} s")
        rows.append([f"{items:,}", f"{memory:.1f}", f"{requests:,.0f}", f"{cpu:.2f}", f"{cpu / requests * 1e6:.0f}"])
        points.append((items, memory))
    write("fleet", table(
        ["items", "peak memory, MB", "requests", "processor, s", "µs a request"], rows) + "\n\n" + chart(points),
        "script/bench fleet")


# The daemon


SUBSCRIPTION = "5e000000-0000-4000-8000-{:012}"
RULE = f"/subscriptions/{SUBSCRIPTION.format(1)}/resourceGroups/rg-monitor/providers/Microsoft.Insights/dataCollectionRules/dcr"


def scenario(items, operation=2, vaults=1):
    """Machines that have the agent and a rule, in so many vaults. Everything but operations is quick."""
    machines = "".join(f"""
  - name: "m{number:02}-##"
    count: {items * number // vaults - items * (number - 1) // vaults}
    os: windows
    vault: kv-{number}
    from: {{location: uksouth, resourceGroup: rg-uks-{number}, subscription: "{SUBSCRIPTION.format(1)}"}}
    to: {{location: ukwest, resourceGroup: rg-ukw-{number}, subscription: "{SUBSCRIPTION.format(1)}"}}
    tags: {{monitoring: standard}}
    systemAssigned: true
    extensions: [AzureMonitorAgent]
    associations: {{dcr: {RULE}}}""" for number in range(1, vaults + 1))
    names = "".join(f"""
  - {{name: kv-{number}, subscription: "{SUBSCRIPTION.format(1)}", resourceGroup: rg-vaults, pageSize: 200}}"""
                    for number in range(1, vaults + 1))
    return f"""
name: bench
rules: [{RULE}]
vaults:{names}
timings: {{failover: 1, machineVisibleBefore: 0.5, boot: 0.5, agent: 0.5, operation: {operation}, handlerSettles: 0.5,
  handlerLingers: 1, heartbeat: 1}}
machines:{machines}
"""


class Daemon:
    """`aftercare run` on `aftercare simulate`, both as they are shipped."""

    def __init__(self, yaml, extra, hints=None, journal=None):
        self.folder = tempfile.TemporaryDirectory()
        place = lambda name: os.path.join(self.folder.name, name)
        with open(place("scenario.yaml"), "w") as file:
            file.write(yaml)
        self.simulator = subprocess.Popen(
            [AFTERCARE, "simulate", "--scenario", place("scenario.yaml"), "--listen", "127.0.0.1:0", "--speed", "1"],
            stdout=subprocess.PIPE, text=True)
        ready = json.loads(self.simulator.stdout.readline())
        self.endpoint, self.port = ready["endpoint"], free_port()
        self.file = place("aftercare.yaml")
        with open(self.file, "w") as file:
            file.write(f"""
cloud: simulator
endpoint: {self.endpoint}
identity: {{kind: token, token: simulator-token}}
{f"journal: {journal}" if journal else "state: ./state"}
vaults: [{", ".join(ready["vaults"])}]
listener: {{port: {self.port}{f", hints: {{token: {hints}}}" if hints else ""}}}
{extra}
""")
        self.log = open(place("run.log"), "w")

    def learn(self, items, limits=None):
        """Knows every machine well: for that alone each is looked at every few seconds.

        From then on the simulator keeps to so many of ARM's budgets, and refuses what goes beyond them."""
        with open(self.file) as file:
            text = file.read()
        with open(self.file, "w") as file:
            file.write(re.sub(r"machine: \w+", "machine: 5s", text).split("budget:")[0]
                       + "budget: {reads: 100000, readsPerSecond: 10000}\n")
        self.start()
        self.until(lambda: self.told("baseline.learned") >= items, 3600)
        self.process.terminate()
        self.process.wait()
        with open(self.file, "w") as file:
            file.write(text)
        if limits:
            self.post("limits", limits=limits)
        self.start()
        self.until(lambda: self.get("/readyz"), 600)

    def start(self):
        self.process = subprocess.Popen(
            [AFTERCARE, "run", "--config", self.file], stdout=self.log, stderr=self.log,
            env={**os.environ, "MALLOC_ARENA_MAX": "1"})

    def usage(self, of=None):
        """Processor seconds, resident and peak memory in MB."""
        pid = (of or self.process).pid
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(") ", 1)[1].split()
        with open(f"/proc/{pid}/status") as file:
            memory = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in file if line.startswith("Vm")}
        switches = 0
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/status") as file:
                switches += sum(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt"))
        with open(f"/proc/{pid}/io") as file:
            written = next(int(line.split()[1]) for line in file if line.startswith("write_bytes"))
        ticks = os.sysconf("SC_CLK_TCK")
        return {
            "cpu": (int(fields[11]) + int(fields[12])) / ticks, "resident": memory["VmRSS"], "peak": memory["VmHWM"],
            "switches": switches, "written": written}

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return answer.read().decode()

    def told(self, event):
        """How often an event was told."""
        found = re.findall(rf'^aftercare_events_total{{[^}}]*event="{event}"[^}}]*}} (\d+)', self.get("/metrics"), re.M)
        return sum(map(int, found))

    def requests(self):
        with urllib.request.urlopen(f"{self.endpoint}/_simulator/truth", timeout=120) as answer:
            return json.load(answer)["requests"]

    def until(self, what, within):
        end = time.monotonic() + within
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise SystemExit("bench: the daemon ended by itself")
            with contextlib.suppress(OSError):
                if what():
                    return
            time.sleep(0.5)
        raise SystemExit("bench: gave up waiting")

    def events(self, last):
        lines = subprocess.run(
            [AFTERCARE, "events", "--config", self.file, "--json", "--level", "debug", "--last", str(last)],
            check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
        return [json.loads(line) for line in lines]

    def post(self, verb, **body):
        request = urllib.request.Request(f"{self.endpoint}/_simulator/{verb}", json.dumps(body).encode())
        urllib.request.urlopen(request, timeout=60).close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.process, self.simulator):
            process.kill()
            process.wait()
        self.folder.cleanup()


class Others:
    """More instances beside a daemon, on its database and with its configuration but for the port."""

    def __init__(self, daemon, count):
        self.processes = []
        with open(daemon.file) as file:
            text = file.read()
        for number in range(count):
            place = os.path.join(daemon.folder.name, f"other-{number}.yaml")
            with open(place, "w") as file:
                file.write(re.sub(r"port: \d+", f"port: {free_port()}", text))
            self.processes.append(subprocess.Popen(
                [AFTERCARE, "run", "--config", place], stdout=daemon.log, stderr=daemon.log,
                env={**os.environ, "MALLOC_ARENA_MAX": "1"}))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()


AFTERCARE = os.environ.get("AFTERCARE", os.path.join(WORK, "aftercare", "release", "aftercare"))
# Looks are quicker than in production, so that what is measured is the heals; operations are polled as they are there.
QUICK = """watch: {items: 2s, itemsMoving: 5s, machineMoving: 1s, machine: 1h, baseline: 6h}
failover: {confirmAfter: 500ms}
heal: {parallelMachines: 64}
brakes: {inFlight: 100000}
"""


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def wave(options):
    """Everything fails over at once. What comes first is that every machine is known."""
    rows = []
    for items, operation, rate in options.waves:
        limits = {"reads": (250 * rate, 25 * rate), "writes": (200 * rate, 10 * rate), "deletes": (200 * rate, 10 * rate)}
        budget = ", ".join(
            f"{kind}: {burst}, {kind}PerSecond: {second}" for kind, (burst, second) in limits.items())
        with Daemon(scenario(items, operation), QUICK + f"budget: {{{budget}}}\n") as daemon:
            daemon.learn(items, rate)
            before, idle = daemon.requests(), daemon.usage()
            daemon.post("failover", all=True)
            daemon.until(lambda: daemon.told("heal.healed") >= items, 3600)
            after, used = daemon.requests(), daemon.usage()
            events = daemon.events(60 * items)
        completed = [moment(event["at"]) for event in events if event["event"] == "failover.completed"]
        healed = [moment(event["at"]) for event in events if event["event"] == "heal.healed"]
        took = max(healed) - min(completed)
        spent = {key: after.get(key, 0) - before.get(key, 0) for key in after}
        say(items, operation, rate, f"{took:.1f} s", spent, used)
        rows.append((items, operation, rate, took, spent, used, used["cpu"] - idle["cpu"]))
    lines = []
    for items, operation, rate, took, spent, used, cpu in rows:
        # The first machine's identity (5 s at the most) and install, then the install of the others, which wait for it.
        chain = min(5, operation) + 2 * operation
        # The simulator counts no writing of associations: one for each machine is added.
        reads = sum(spent.get(key, 0) for key in ("machine", "associations", "item", "items", "jobs", "plans", "poll"))
        writes = spent.get("put", 0) + spent.get("patch", 0) + items
        allowed = max(0, (reads - 250 * rate) / (25 * rate), (writes - 200 * rate) / (10 * rate))
        bound = max(chain, allowed)
        polls = spent.get("poll", 0)
        others = items + sum(
            spent.get(key, 0) for key in ("machine", "associations", "item", "patch", "put", "delete"))
        lines.append([
            f"{items:,}", f"{operation} s", f"{rate} ×", f"{took:.0f}", f"{chain}", f"{allowed:.0f}",
            f"{took / bound:.2f}", f"{others / items:.1f}", f"{polls / items:.1f}", f"{cpu:.1f}", f"{used['peak']:.0f}"])
    write("wave", table(
        ["machines", "operation", "ARM's budget", "to all healed, s", "longest chain, s", "by the budget, s",
         "of the bound", "requests a heal", "and polls", "processor, s", "peak memory, MB"], lines),
        "script/bench wave --waves " + ",".join("/".join(map(str, wave)) for wave in options.waves))


def database_seconds():
    """Processor time of every server process that lives."""
    ticks, sum_of = os.sysconf("SC_CLK_TCK"), 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as file:
            name, fields = file.read().rsplit(") ", 1)
            if name.endswith("(postgres"):
                sum_of += sum(map(int, fields.split()[11:13])) / ticks
    return sum_of


def shared(options):
    """One wave over several vaults, by more and more instances on one database, each with a budget of its own."""
    server = os.environ["AFTERCARE_POSTGRES"]
    rows = []
    for count in options.instances:
        # A schema of its own for each.
        schema = f"bench_{count}"
        subprocess.run(["psql", "-q", server, "-c", f"CREATE SCHEMA {schema}"], check=True)
        place = f'{{url: "{server}?options=-csearch_path%3D{schema}", lease: 10s}}'
        with Daemon(scenario(options.items, 2, options.vaults), QUICK + "budget: {}\n", journal=place) as daemon:
            daemon.learn(options.items)
            with Others(daemon, count - 1) as others:
                def spread():
                    status = json.loads(subprocess.run(
                        [AFTERCARE, "status", "--config", daemon.file, "--json"], check=True, capture_output=True,
                        text=True).stdout)
                    held = [len(one["vaults"]) for one in status["instances"] if one["isAlive"]]
                    return status if len(held) == count and sum(held) == options.vaults and (
                        max(held) - min(held) <= 1) else None
                daemon.until(spread, 120)
                before = daemon.usage()["cpu"] + sum(daemon.usage(one)["cpu"] for one in others.processes)
                database = database_seconds()
                daemon.post("failover", all=True)
                daemon.until(lambda: spread()["counts"].get("healed", 0) >= options.items, 3600)
                database = database_seconds() - database
                used = [daemon.usage()] + [daemon.usage(one) for one in others.processes]
                events = daemon.events(60 * options.items)
        completed = [moment(event["at"]) for event in events if event["event"] == "failover.completed"]
        healed = [moment(event["at"]) for event in events if event["event"] == "heal.healed"]
        took = max(healed) - min(completed)
        say(count, f"{took:.1f} s", used)
        rows.append((
            count, took, sum(one["cpu"] for one in used) - before, max(one["peak"] for one in used), database))
    write("shared", table(
        ["instances", "to all healed, s", "of one instance's", "processor of all, s", "the database's, s",
         "peak memory of the largest, MB"],
        [[f"{count}", f"{took:.0f}", f"{took / rows[0][1]:.2f}", f"{cpu:.0f}", f"{database:.0f}", f"{peak:.0f}"]
         for count, took, cpu, peak, database in rows]),
        f"script/bench shared --items {options.items} --vaults {options.vaults}")


def steady(options):
    """Nothing happens, for a while, at the periods of production."""
    rows = []
    for items in options.sizes:
        extra = "watch: {items: 60s, machine: 15m}\nbudget: {reads: 100000, readsPerSecond: 10000}\n"
        with Daemon(scenario(items), extra) as daemon:
            daemon.learn(items)
            time.sleep(30)
            before, begun = daemon.usage(), daemon.requests()
            time.sleep(options.seconds)
            after, ended = daemon.usage(), daemon.requests()
        hour = 3600 / options.seconds
        used = {key: (after[key] - before[key]) * hour for key in ("cpu", "switches", "written")}
        requests = sum(ended.values()) - sum(begun.values())
        say(items, used, requests * hour, after)
        rows.append([
            f"{items:,}", f"{requests * hour:,.0f}", f"{items / 200 * 60 + items * 4 + items / 6:,.0f}", f"{used['cpu']:.0f}",
            f"{used['switches'] / 3600:.0f}", f"{used['written'] / 1e6:.1f}", f"{after['resident']:.0f}",
            f"{after['peak']:.0f}"])
    write("steady", table(
        ["items", "requests an hour", "by the formula", "processor seconds an hour", "wake-ups a second",
         "MB written an hour", "resident, MB", "peak, MB"], rows), "script/bench steady")


def start(options):
    """From the start of the process to the beginning of its watch, on a journal of years."""
    rows = []
    for machines, events in options.journals:
        with tempfile.TemporaryDirectory() as folder:
            state = os.path.join(folder, "state")
            measured([os.path.join(WORK, "swift", "release", "ledger"), "--state", state, "--machines", str(machines),
                      "--events", str(events)])
            size = sum(os.path.getsize(os.path.join(state, name)) for name in os.listdir(state))
            file = os.path.join(folder, "aftercare.yaml")
            vaults = ", ".join(
                f"/subscriptions/{SUBSCRIPTION.format(1)}/resourceGroups/rg-vaults/providers/"
                f"Microsoft.RecoveryServices/vaults/kv-{number}" for number in range(100))
            with open(file, "w") as text:
                # Nobody answers there: the watch begins all the same.
                text.write(f"cloud: simulator\nendpoint: http://127.0.0.1:{free_port()}\n"
                           f"identity: {{kind: token, token: simulator-token}}\nstate: {state}\nvaults: [{vaults}]\n")
            # The journal was written a moment ago, and the disk may still be at it.
            os.sync()
            times, memory = [], []
            for _ in range(options.runs):
                begun = time.monotonic()
                process = subprocess.Popen(
                    [AFTERCARE, "run", "--config", file], stdout=subprocess.PIPE, text=True,
                    env={**os.environ, "MALLOC_ARENA_MAX": "1"})
                for line in process.stdout:
                    if "event=daemon.started" in line:
                        break
                times.append(time.monotonic() - begun)
                with open(f"/proc/{process.pid}/status") as status:
                    memory.append(next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")))
                process.terminate()
                process.stdout.read()
                process.wait()
            say(machines, events, times, memory)
            rows.append([
                f"{machines:,}", f"{events:,}", f"{size / 1e6:,.0f}", f"{statistics.median(times):.2f}",
                f"{statistics.median(memory):.0f}"])
    write("start", table(
        ["machines", "events", "MB of journal", "to the watch, s", "peak memory, MB"], rows),
        "script/bench start")


def flood(options):
    """A hundred thousand hints, all about something else, as Event Grid would deliver them, beside a time without."""
    token = "0123456789abcdef0123456789abcdef"
    with Daemon(scenario(options.items), "watch: {items: 60s, machine: 15m}\n", hints=token) as daemon:
        daemon.learn(options.items)
        time.sleep(20)

        def span(during):
            before, begun = daemon.usage(), daemon.requests()
            end = time.monotonic() + options.seconds
            sent = during(end)
            time.sleep(max(0, end - time.monotonic()))
            time.sleep(10)  # what they have caused is over
            after, ended = daemon.usage(), daemon.requests()
            return sent, sum(ended.values()) - sum(begun.values()), after["cpu"] - before["cpu"], before["resident"], after

        def send(end):
            sent, pause = 0, options.seconds / (options.hints / 100)
            link = http.client.HTTPConnection("127.0.0.1", daemon.port)
            begun = time.monotonic()
            while sent < options.hints:
                events = [{
                    "id": f"{sent + number}", "eventType": "Microsoft.Resources.ResourceWriteSuccess", "topic": "t",
                    "dataVersion": "2", "eventTime": "2026-11-25T12:00:00Z",
                    "subject": f"/subscriptions/{SUBSCRIPTION.format(1)}/resourceGroups/rg-uks/providers/"
                               f"Microsoft.Compute/virtualMachines/x-{sent + number}",
                    "data": {"resourceUri": f"/subscriptions/{SUBSCRIPTION.format(1)}/resourceGroups/rg-uks/providers/"
                                            f"Microsoft.Compute/virtualMachines/x-{sent + number}"}}
                          for number in range(100)]
                link.request("POST", f"/api/v1/hint?code={token}", json.dumps(events), {"Content-Type": "application/json"})
                answer = link.getresponse()
                answer.read()
                if answer.status != 202:
                    raise SystemExit(f"bench: a hint was answered with {answer.status}")
                sent += 100
                time.sleep(max(0, begun + sent / 100 * pause - time.monotonic()))
            return sent

        lines = []
        for name, during in (("none", lambda end: 0), ("the flood", send), ("none, after it", lambda end: 0)):
            sent, requests, cpu, resident, after = span(during)
            say(name, sent, requests, cpu, resident, after)
            lines.append([name, f"{sent:,}", f"{requests:,}", f"{cpu:.1f}", f"{resident:.0f}", f"{after['resident']:.0f}",
                          f"{after['peak']:.0f}"])
    write("flood", table(
        ["hints", "sent", "requests to ARM", "processor, s", "resident before, MB", "after, MB", "peak, MB"], lines),
        f"script/bench flood --items {options.items}")


# What is written


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def chart(points):
    """Peak memory by the number of items, as bars of text: it needs nothing to be seen."""
    most = max(memory for _, memory in points)
    return "```\n" + "\n".join(
        f"{items:>8,} items  {'█' * max(1, round(memory / most * 50))} {memory:.1f} MB" for items, memory in points
    ) + "\n```"


def write(name, text, command):
    """Replaces a block of the document: `<!-- bench:NAME -->` to `<!-- /bench:NAME -->`."""
    print(text)
    with open(DOCUMENT) as file:
        document = file.read()
    about = f"`{command}`, {datetime.date.today()}, {machine()}:"
    block = f"<!-- bench:{name} -->\n{about}\n\n{text}\n<!-- /bench:{name} -->"
    pattern = re.compile(rf"<!-- bench:{name} -->.*?<!-- /bench:{name} -->", re.S)
    if not pattern.search(document):
        raise SystemExit(f"bench: docs/performance.md has no place for '{name}'")
    with open(DOCUMENT, "w") as file:
        file.write(pattern.sub(lambda _: block, document))


def machine():
    model = "an unnamed processor"
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), model)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    return f"{os.cpu_count()} cores of {model}, commit {commit.strip()}"


def main():
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__.split("\n")[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("sweep", help="one look at everything, beside what people use today")
    one.add_argument("--items", type=int, default=10_000)
    one.add_argument("--runs", type=int, default=5)
    one.add_argument("--slow-runs", type=int, default=1, help="of those that take a minute")
    one.add_argument("--only", help="whose name contains this")
    one.set_defaults(run=sweep)
    verbs.add_parser("fleet", help="the same for 100 to 100,000 items").set_defaults(run=fleet)
    one = verbs.add_parser("wave", help="everything fails over at once")
    one.add_argument(
        "--waves", type=lambda text: [tuple(map(int, wave.split("/"))) for wave in text.split(",")],
        default=[(50, 2, 1), (50, 60, 1), (500, 2, 1), (500, 60, 1), (5000, 2, 10), (5000, 60, 10)],
        help="machines/seconds of an operation/how many times ARM's budget, ...")
    one.set_defaults(run=wave)
    one = verbs.add_parser("shared", help="a wave by several instances that share a database")
    one.add_argument("--items", type=int, default=500)
    one.add_argument("--vaults", type=int, default=8)
    one.add_argument("--instances", type=lambda text: [int(count) for count in text.split(",")], default=[1, 2, 4])
    one.set_defaults(run=shared)
    one = verbs.add_parser("steady", help="what it costs when nothing happens")
    one.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=[1_000, 10_000])
    one.add_argument("--seconds", type=int, default=300)
    one.set_defaults(run=steady)
    one = verbs.add_parser("flood", help="a hundred thousand hints in ten seconds")
    one.add_argument("--items", type=int, default=1_000)
    one.add_argument("--hints", type=int, default=100_000)
    one.add_argument("--seconds", type=int, default=10)
    one.set_defaults(run=flood)
    one = verbs.add_parser("start", help="how long a start takes, on a journal of years")
    one.add_argument(
        "--journals", type=lambda text: [tuple(map(int, one.split("/"))) for one in text.split(",")],
        default=[(1_000, 10_000), (10_000, 100_000), (100_000, 1_000_000)], help="machines/events, ...")
    one.add_argument("--runs", type=int, default=3)
    one.set_defaults(run=start)
    options = parser.parse_args()
    options.run(options)


main()

"""How many messages a second leave again, durably kept on the way: Postern and Postfix 3.7 between the same load and the same sink
(Postfix's own smtp-source and smtp-sink), in turns in one run, on the same disk. Medians of the rounds.

    ./dev bench relay [--json] [--messages N] [--rounds N]

Without TLS on either leg and with the default inspection of an empty policy; `hipaa` is Postern once more with the shipped policy.
CPU is of the relay alone: its processes, not the load's and not the sink's. Needs root (Postfix runs in a private root).
"""
import argparse
import contextlib
import json
import re
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPOSITORY / "tests" / "outside"), str(REPOSITORY / "interop")]
from certs import Authority  # noqa: E402
from gateway import Gateway, free_port, wait_until  # noqa: E402
from postfix import Postfix  # noqa: E402
from private_root import PrivateRoot  # noqa: E402

SESSIONS, SIZE = 20, 10_240
NO_RULES = "version = 1\n"


class BenchGateway(Gateway):
    """Takes mail without TLS from anyone on loopback and hands all of it to the sink, or to whom `route` says."""

    def __init__(self, folder, sink, policy, route=None, extra=""):
        self.sink, self.extra = sink, extra
        self.route = route or f'{{ via = "smarthost", host = "{sink[0]}", port = {sink[1]} }}'
        super().__init__(folder, Authority(Path(folder) / "certificates"), "127.0.0.1:53", sink[1], policy=policy)

    def write_configuration(self, extra=""):
        (self.folder / "policy.d").mkdir(parents=True, exist_ok=True)
        (self.folder / "policy.d" / "bench.toml").write_text(self.policy)
        self.state.mkdir(exist_ok=True)
        self.configuration.write_text(f"""\
version  = 1
hostname = "gw.clinic.example"
state    = "{self.state}"
spool    = {{ kek = "file:kek", min_free = "16MiB" }}
delivery = {{ concurrency = {SESSIONS}, port = {self.sink[1]}, ca = "ca.pem" }}
audit    = {{ sink = [{{ to = "file:{self.event_file}", format = "json" }}] }}
control  = {{ socket = "{self.folder}/control" }}

[[listener]]
name     = "m365"
address  = ["127.0.0.1:{self.ports['m365']}"]
starttls = "off"
limit    = {{ per_client = 1000 }}

[tenant.clinic]
domains  = ["clinic.example"]
bind     = {{ mode = "enforce", networks = ["127.0.0.0/8"] }}
route    = {self.route}
{self.extra}""")

    @property
    def port(self):
        return self.ports["m365"]

    def pid(self):
        return self.process.pid


class BenchPostfix(Postfix):
    def __init__(self, folder, sink):
        self.queue = Path(folder) / "queue"  # on the disk, where Postern's is; a private root is in memory
        self.queue.mkdir(parents=True)
        super().__init__(folder, "127.0.0.1", free_port(), {
            "relayhost": f"[{sink[0]}]:{sink[1]}", "smtp_tls_security_level": "none", "smtpd_tls_security_level": "none",
            "default_process_limit": "100", "default_destination_concurrency_limit": str(SESSIONS),
            "smtpd_client_connection_count_limit": "0"}, disk_queue=self.queue)

    def pid(self):
        return self.root.processes[0].pid


def descendants(pid):
    found, waiting = [], [pid]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        try:
            waiting += [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        except OSError:
            pass
    return found


def cpu_seconds(pid):
    """Of a process, those below it, and those that ended below it."""
    ticks = 0
    for one in descendants(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += sum(int(fields[i]) for i in (11, 12, 13, 14))  # utime, stime, cutime, cstime
    return ticks / 100


class Tools:
    """smtp-source and smtp-sink."""

    def __init__(self, folder):
        self.root = PrivateRoot("postfix", folder, users={"postfix": 901}, groups={"postdrop": 902})
        self.root.write("/etc/postfix/main.cf", "compatibility_level = 3.6\nshlib_directory = /usr/lib/postfix\ninet_protocols = ipv4\n")
        self.address, self.port = "127.0.0.33", free_port()
        self.root.start(f"exec /usr/sbin/smtp-sink -u postfix -c {self.address}:{self.port} 1000")
        time.sleep(1)

    def arrived(self):
        counts = re.findall(r"mesg=(\d+)", self.root.said())
        return int(counts[-1]) if counts else 0

    def load(self, port, messages, reuse):
        return self.root.start(f"exec /usr/sbin/smtp-source {'-d ' if reuse else ''}-s {SESSIONS} -l {SIZE} -m {messages} "
                               f"-f ann@clinic.example -t bob@lab.example 127.0.0.1:{port}")

    def close(self):
        self.root.stop()


def measure(tools, relay, messages, reuse):
    """(messages a second until the last has arrived, CPU seconds for 1,000)"""
    before, cpu = tools.arrived(), cpu_seconds(relay.pid())
    begun = time.monotonic()
    source = tools.load(relay.port, messages, reuse)
    if not wait_until(lambda: tools.arrived() - before >= messages, timeout=300, pause=0.02):
        sys.exit(f"bench relay: only {tools.arrived() - before} of {messages} messages arrived; {tools.root.said()[-500:]}")
    took = time.monotonic() - begun
    source.wait(60)
    return messages / took, (cpu_seconds(relay.pid()) - cpu) * 1000 / messages


class Bench:
    """A run of relays in turns: its options, its folder, the load and the sink, and what must be closed at its end.

        with Bench("relay", messages=5000) as bench:
            gateway = BenchGateway(bench.folder / "postern", bench.sink, NO_RULES)
            bench.at_end(gateway.stop)
            results = bench.rounds({"postern": gateway}, reuse=False)
    """

    def __init__(self, name, messages):
        options = argparse.ArgumentParser(prog=f"./dev bench {name}")
        options.add_argument("--json", action="store_true")
        options.add_argument("--messages", type=int, default=messages)
        options.add_argument("--rounds", type=int, default=3)
        self.chosen = options.parse_args()

    def __enter__(self):
        with contextlib.ExitStack() as closing:
            self.folder = Path(tempfile.mkdtemp(prefix="postern-bench-", dir=REPOSITORY / "build"))
            closing.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.tools = Tools(self.folder / "tools")
            closing.callback(self.tools.close)
            self._closing = closing.pop_all()
        self.sink = (self.tools.address, self.tools.port)
        return self

    def __exit__(self, *_):
        self._closing.close()

    def at_end(self, close):
        self._closing.callback(close)

    def rounds(self, relays, reuse):
        """{name: [what `measure` gave]}"""
        results = {name: [] for name in relays}
        for _ in range(self.chosen.rounds):
            for name, relay in relays.items():
                results[name].append(measure(self.tools, relay, self.chosen.messages, reuse))
        return results


def main():
    with Bench("relay", messages=5000) as bench:
        hipaa = (REPOSITORY / "conf" / "policy.d" / "hipaa.toml").read_text()
        relays = {"postern": BenchGateway(bench.folder / "postern", bench.sink, NO_RULES),
                  "hipaa": BenchGateway(bench.folder / "hipaa", bench.sink, hipaa),
                  "postfix": BenchPostfix(bench.folder / "postfix", bench.sink)}
        for relay in relays.values():
            bench.at_end(relay.stop)
        for case, reuse in (("10k-20-sessions", False), ("10k-20-sessions-reused", True)):
            show(case, bench.rounds(relays, reuse), bench.chosen.json)


def medians(case, results, as_json):
    """Says them, and gives {name: messages a second}, {name: CPU seconds for 1,000}."""
    rate = {name: statistics.median(speed for speed, _ in rounds) for name, rounds in results.items()}
    cpu = {name: statistics.median(cost for _, cost in rounds) for name, rounds in results.items()}
    for name in results:
        say(case, f"{name}_messages_per_second", rate[name], "1/s", as_json)
        say(case, f"{name}_cpu_per_1000", cpu[name], "s", as_json)
    return rate, cpu


def show(case, results, as_json):
    rate, cpu = medians(case, results, as_json)
    say(case, "ratio_to_postfix", rate["postern"] / rate["postfix"], "", as_json)
    say(case, "cpu_ratio_to_postfix", cpu["postern"] / cpu["postfix"], "", as_json)


def say(case, metric, value, unit, as_json):
    if as_json:
        print(json.dumps({"bench": Path(sys.argv[0]).stem, "case": case, "metric": metric, "value": round(value, 3), "unit": unit}), flush=True)
    else:
        print(f"{case:<24} {metric:<32} {value:>10.3f} {unit}", flush=True)


if __name__ == "__main__":
    main()

"""Runs modules of tests side by side, each in a process and, as root, a network of its own: most of a test is waiting, and nobody
can take another's addresses and ports."""
import concurrent.futures
import re
import subprocess
import sys
import time

IN_A_NETWORK_OF_ITS_OWN = ["unshare", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
CLOSING = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")


def can_separate():
    return subprocess.run([*IN_A_NETWORK_OF_ITS_OWN, "true"], capture_output=True).returncode == 0


def run_module(runner, module):
    begun = time.monotonic()
    done = subprocess.run([*IN_A_NETWORK_OF_ITS_OWN, sys.executable, runner, module], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace")
    return module, done.returncode, done.stdout.rstrip("\n"), time.monotonic() - begun


def counts(code, closing):
    """What a module's last line says; one that ends without it, or fails without saying so, is a failure."""
    said = CLOSING.match(closing)
    passed, failed, skipped = (int(number or 0) for number in said.groups()) if said else (0, 0, 0)
    return passed, failed or int(code != 0), skipped


def run(runner, modules, jobs):
    totals, skips, bad = [0, 0, 0], [], {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for done in concurrent.futures.as_completed([pool.submit(run_module, runner, module) for module in modules]):
            module, code, said, took = done.result()
            *lines, closing = said.split("\n")
            of_module = counts(code, closing)
            totals = [total + one for total, one in zip(totals, of_module)]
            skips += [line for line in lines if line.startswith("SKIPPED ")]
            if of_module[1]:
                bad[module] = said
            print(f"{module}: {closing}, {took:.0f} s", flush=True)
    for module, said in bad.items():  # last, where a reader of the log's end sees them
        print(f"\n---- {module}\n{said}")
    print("\n".join(skips))
    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if passed and not failed else 1

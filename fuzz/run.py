#!/usr/bin/env python3
"""Runs fuzzers one after the other, on copies of their corpora, and tells edges and findings in a closing line each.

    fuzz/run.py TARGET… [--seconds 600] [--seed N] [--record]

New inputs lie in build/fuzz/found/TARGET/, what makes a target abort beside them as crash-*, timeout-* or oom-*. --record writes
the runs to docs/results/fuzz-DATE.json, each with its commit and command, so that anyone can repeat it.
"""
import argparse
import dataclasses
import datetime
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FINDINGS = ("crash-", "leak-", "timeout-", "oom-")


@dataclasses.dataclass
class Run:
    target: str
    seconds: int
    seed: int
    runs: int = 0
    edges: int = 0
    corpus_files: int = 0
    new_inputs: int = 0
    findings: list = dataclasses.field(default_factory=list)
    exit_code: int = 0
    cpu_seconds: int = 0  # of the processor: on a busy machine much less than `seconds`

    def closing_line(self):
        found = f"{len(self.findings)} findings: {' '.join(self.findings)}" if self.findings else "no finding"
        return f"{self.target}: {self.edges} edges, {self.runs} runs in {self.seconds} s ({self.cpu_seconds} s of the processor), seed {self.seed}, exit {self.exit_code}, {found}"


def programs(build):
    return Path(build) / "fuzz"


def last_number(pattern, text):
    numbers = re.findall(pattern, text)
    return int(numbers[-1]) if numbers else 0


def options(target, seconds, seed):
    dictionary = ROOT / "fuzz" / "dict" / f"{target}.dict"
    return ([f"-max_total_time={seconds}", f"-seed={seed}", "-timeout=20", "-rss_limit_mb=4096", "-print_final_stats=1"]
            + ([f"-dict={dictionary}"] if dictionary.exists() else []))


def still_slow(target, file, build):
    """libFuzzer goes by the clock: on a busy machine an input may have waited for its turn. Once more, by the processor's time."""
    done = subprocess.run(["bash", "-c", 'ulimit -t 10; exec "$@"', "bash", str(programs(build) / f"fuzz_{target}"), str(file)], capture_output=True)
    return done.returncode != 0


def fuzz(target, seconds, seed, build):
    """The program and the corpus are copied first, so that who goes on working changes nothing of a long run."""
    found = Path(build) / "found" / target
    found.mkdir(parents=True, exist_ok=True)
    program = found.parent / f"{target}-{os.getpid()}"
    shutil.copy2(programs(build) / f"fuzz_{target}", program)
    corpus = ROOT / "fuzz" / "corpus" / target
    before = {file.name for file in found.iterdir()}
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1", UBSAN_OPTIONS="print_stacktrace=1")
    try:
        done = subprocess.run([program, *options(target, seconds, seed), f"-artifact_prefix={found}/", found, corpus],
                              capture_output=True, text=True, errors="replace", env=environment, timeout=seconds + 300)
    finally:
        program.unlink()
    log = done.stderr
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = round(now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime)
    (found.parent / f"{target}.log").write_text(log)
    new = {file.name for file in found.iterdir()} - before
    findings = sorted(name for name in new if name.startswith(FINDINGS) or (name.startswith("slow-unit-") and still_slow(target, found / name, build)))
    if done.returncode != 0 and not findings:
        findings = ["a finding without an input: see " + str(found.parent / f"{target}.log")]
    return Run(target, seconds, seed, last_number(r"number_of_executed_units: (\d+)", log), last_number(r"cov: (\d+)", log),
               sum(1 for _ in corpus.iterdir()), sum(1 for name in new if not name.startswith((*FINDINGS, "slow-unit-"))), findings, done.returncode, cpu)


def git(*arguments):
    return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True).stdout.strip()


def record(run, begun):
    """Today's file holds the last recorded run of each target."""
    now = datetime.datetime.now(datetime.timezone.utc)
    file = ROOT / "docs" / "results" / f"fuzz-{now:%Y-%m-%d}.json"
    kept = json.loads(file.read_text())["runs"] if file.exists() else []
    entry = dataclasses.asdict(run) | begun | {"ended": now.isoformat(timespec="seconds")}
    kept = sorted([one for one in kept if one["target"] != run.target] + [entry], key=lambda one: one["target"])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"what": "fuzz", "machine": f"{os.cpu_count()} cores, shared", "runs": kept}, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="+")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build", default=str(ROOT / "build" / "fuzz"))
    parser.add_argument("--record", action="store_true")
    chosen = parser.parse_args()
    found = 0
    for target in chosen.target:
        begun = {"commit": git("rev-parse", "HEAD"), "changed_since_commit": bool(git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs")),
                 "command": f"./dev fuzz {target} {chosen.seconds}" if chosen.seed == 1 else
                 f"fuzz/run.py {target} --seconds {chosen.seconds} --seed {chosen.seed}"}
        run = fuzz(target, chosen.seconds, chosen.seed, chosen.build)
        found += len(run.findings)
        if chosen.record:
            record(run, begun)
        print(run.closing_line(), flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

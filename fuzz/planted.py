#!/usr/bin/env python3
"""Does each fuzzer find a bug within a minute? fuzz/planted/TARGET.patch plants one; applied to a copy of the tree, the target must
find it, from what the patch names:
    # bug: what is wrong, for the table
    # starts: empty          or names in fuzz/corpus/TARGET
These inputs alone must not show it, or it would be a test and not a fuzzer that finds it. A patch that no longer applies is a
failure, and so is a minute without a finding.

    fuzz/planted.py [TARGET…] [--seed N]      prints a table; the last line is `N passed, N failed`
"""
import argparse
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import patched_tree  # noqa: E402
from patched_tree import ROOT, header, run  # noqa: E402

LONGEST = 60  # seconds


def starting_inputs(patch, tree, folder):
    names = header(patch, "starts").split()
    for name in [] if names == ["empty"] else names:
        shutil.copy2(tree / "fuzz" / "corpus" / patch.stem / name, folder)


def hunt(patch, tree, seed):
    """(seconds, runs) of the finding, or why there is none."""
    program, dictionary = tree / "build/fuzz/fuzz" / f"fuzz_{patch.stem}", tree / "fuzz/dict" / f"{patch.stem}.dict"
    with tempfile.TemporaryDirectory() as corpus, tempfile.TemporaryDirectory() as found:
        starting_inputs(patch, tree, Path(corpus))
        options = [f"-seed={seed}", "-timeout=10", "-len_control=0", f"-artifact_prefix={found}/"] + ([f"-dict={dictionary}"] if dictionary.exists() else [])
        if run([program, "-runs=0", *options, corpus], tree, timeout=60).returncode != 0:
            return "its starting inputs show it already"
        begun = time.monotonic()
        done = run([program, f"-max_total_time={LONGEST}", "-print_final_stats=1", *options, corpus], tree, timeout=LONGEST + 60)
        took = time.monotonic() - begun
        if done.returncode == 0 or not list(Path(found).iterdir()):
            return f"not found in {LONGEST} s: " + (re.findall(r"cov: .*", done.stderr) or [done.stderr[-500:]])[-1]
        runs = re.findall(r"number_of_executed_units: (\d+)", done.stderr)
        return (took, int(runs[-1])) if took <= LONGEST else f"found only after {took:.0f} s"


def judge(patch, tree, seed):
    with patched_tree.applied(patch, tree) as wrong:
        return wrong or patched_tree.build(tree, "fuzz", f"fuzz_{patch.stem}") or hunt(patch, tree, seed)


def targets():
    return re.findall(r"^fuzz_target\((\w+)", (ROOT / "fuzz" / "targets.cmake").read_text(), re.M)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    passed = failed = 0
    with patched_tree.copy("planted") as tree:
        for target in chosen.target or targets():
            patch = ROOT / "fuzz" / "planted" / f"{target}.patch"
            result = judge(patch, tree, chosen.seed) if patch.exists() else "no bug is planted for it"
            good = isinstance(result, tuple)
            told = f"found in {result[0]:5.1f} s, run {result[1]:>8}" if good else f"NOT FOUND: {result}"
            print(f"{target:16} {told}   {header(patch, 'bug') if good else ''}", flush=True)
            passed, failed = passed + good, failed + (not good)
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())

"""Runs every test program of a build folder and counts test cases: `N passed, N failed` is the last line."""
import os
import re
import subprocess
import sys

folder = os.path.join(sys.argv[1], "tests")
env = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1", UBSAN_OPTIONS="print_stacktrace=1")
passed = failed = 0
for program in sorted(f for f in os.listdir(folder) if f.startswith("test_") and os.access(os.path.join(folder, f), os.X_OK)):
    run = subprocess.run([os.path.join(folder, program), "--report_level=short", "--color_output=no"],
                         capture_output=True, text=True, errors="replace", env=env, timeout=900)
    good = re.search(r"^\s+(\d+) test cases? out of (\d+) passed", run.stderr, re.M)
    bad = re.search(r"^\s+(\d+) test cases? out of \d+ failed", run.stderr, re.M)
    p, f = int(good.group(1)) if good else 0, int(bad.group(1)) if bad else 0
    if run.returncode != 0 and f == 0:
        f = 1  # a crash, a leak, or a report that could not be read
    if p == 0 and f == 0:
        f = 1  # a program that tests nothing proves nothing
    passed, failed = passed + p, failed + f
    print(f"{program}: {p} passed, {f} failed, exit {run.returncode}")
    if f:
        print(run.stdout[-4000:], run.stderr[-8000:])
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)

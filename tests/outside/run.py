#!/usr/bin/env python3
"""Runs the tests of this folder against a built posternd: all, or those of the modules that are named.

    tests/outside/run.py [--jobs N] [test_relay …]   the last line is "N passed, N failed[, N skipped]"; exit code 0 only if none failed
"""
import argparse
import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


class Counted(unittest.TextTestResult):
    """Counts what passed, subtests apart: a test with one bad subtest is one failure."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.passed, self.bad = 0, set()

    def startTest(self, test):
        self.began = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        self.stream.write(f"{time.monotonic() - self.began:.1f} s ")
        super().addSuccess(test)
        self.passed += 1

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.bad.add(test.id())

    def addError(self, test, err):
        super().addError(test, err)
        self.bad.add(test.id())

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.bad.add(test.id())


def main(names):
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Counted).run(suite)
    for test, reason in result.skipped:
        print(f"SKIPPED {test.id()}: {reason}")
    skipped = f", {len(result.skipped)} skipped" if result.skipped else ""
    print(f"{result.passed} passed, {len(result.bad)} failed{skipped}")
    return 0 if not result.bad and (result.passed or result.skipped) else 1


def chosen():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", default=sorted(path.stem for path in HERE.glob("test_*.py")), metavar="test_relay")
    parser.add_argument("--jobs", type=int, default=1, help="modules at the same time, where namespaces can keep them apart")
    return parser.parse_args()


if __name__ == "__main__":
    from gateway import build_folder
    import side_by_side
    if not (build_folder() / "posternd").exists():
        sys.exit(f"There is no posternd in {build_folder()}: build it first, or set POSTERN_BUILD.\n0 passed, 1 failed")
    options = chosen()
    if options.jobs > 1 and side_by_side.can_separate():
        sys.exit(side_by_side.run(__file__, options.modules, options.jobs))
    sys.exit(main(options.modules))

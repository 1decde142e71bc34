"""Does a guard's absence show? Each NAME.patch removes one guard; applied to a copy of the tree, it must make its test fail.

A patch begins with two lines that `patch` passes over:
    # build: ninja target
    # fails: command, run in the copy's build folder
A patch that no longer applies is a failure, and so is a test that still passes. The unchanged tree must pass the same commands: that is the
unit suite's business.

    run.py [PATCH…]        those; without one quarter of them, which one the commit decides; POSTERN_FULL=1: all
"""
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import patched_tree  # noqa: E402
from patched_tree import ROOT, header, run  # noqa: E402


TURNS = 4


def judge(patch, tree):
    """Nothing where the mutation was caught, else why not."""
    with patched_tree.applied(patch, tree) as wrong:
        wrong = wrong or patched_tree.build(tree, "asan", header(patch, "build"))
        if wrong:
            return wrong
        shared = os.environ.get("POSTERN_SHARED", str(ROOT.parent / "shared"))
        tested = run(header(patch, "fails"), tree, shell=True, timeout=300, env=dict(os.environ, POSTERN_SHARED=shared))
        return None if tested.returncode not in (0, 127) else "its test still passes, or could not be run:\n" + (tested.stdout + tested.stderr)[-2000:]


def whose_turn(patches):
    """All of them take longer than a build may. The commit's own number decides, so that the same commit tries the same."""
    if os.environ.get("POSTERN_FULL") == "1":
        return patches
    commit = run("git rev-parse HEAD", ROOT, shell=True)
    turn = int(commit.stdout, 16) % TURNS if commit.returncode == 0 else 0
    print(f"part {turn + 1} of {TURNS}, by the commit; POSTERN_FULL=1 tries all {len(patches)}", flush=True)
    return patches[turn::TURNS]


def main():
    chosen = [Path(name) for name in sys.argv[1:]] or whose_turn(sorted(Path(__file__).parent.glob("*.patch")))
    passed = failed = 0
    with patched_tree.copy("mutants") as tree:
        for patch in chosen:
            wrong = judge(patch.resolve(), tree)
            print(f"{patch.name}: {'caught' if wrong is None else 'NOT CAUGHT: ' + wrong}", flush=True)
            passed, failed = (passed + 1, failed) if wrong is None else (passed, failed + 1)
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())

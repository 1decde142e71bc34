"""Does a guard's absence show? Each NAME.patch removes one guard; applied to a copy of the tree, it must make its test fail.

A patch begins with two lines that `patch` passes over:
    # build: ninja target
    # fails: command, run in the copy's build folder
A patch that no longer applies is a failure, and so is a test that still passes. Copies build with ccache, so that a run costs the
changed files. The unchanged tree must pass the same commands: that is the unit suite's business.
"""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def header(patch, key):
    for line in patch.read_text().splitlines():
        if line.startswith(f"# {key}: "):
            return line.split(": ", 1)[1]
    raise ValueError(f"{patch.name} has no '# {key}:' line")


def run(command, folder, **options):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", **options)


def copy_tree(folder):
    files = run(["git", "ls-files", "-z"], ROOT).stdout.split("\0")
    for name in filter(None, files):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)


def build(tree, target):
    environment = dict(os.environ, CCACHE_BASEDIR=str(tree), CCACHE_NOHASHDIR="1")
    done = run(["cmake", "--preset", "asan"], tree, env=environment)
    if done.returncode == 0:
        done = run(["ninja", "-C", "build/asan", target], tree, env=environment)
    return done


def judge(patch, tree):
    """Nothing where the mutation was caught, else why not."""
    applied = run(["patch", "-p1", "--no-backup-if-mismatch", "-i", str(patch)], tree)
    if applied.returncode != 0:
        return "it no longer applies:\n" + applied.stdout
    try:
        built = build(tree, header(patch, "build"))
        if built.returncode != 0:
            return "it does not build:\n" + built.stdout[-3000:]
        shared = os.environ.get("POSTERN_SHARED", str(ROOT.parent / "shared"))
        tested = run(header(patch, "fails"), tree, shell=True, timeout=300, env=dict(os.environ, POSTERN_SHARED=shared))
        return None if tested.returncode not in (0, 127) else "its test still passes, or could not be run:\n" + (tested.stdout + tested.stderr)[-2000:]
    finally:
        run(["patch", "-p1", "-R", "-i", str(patch)], tree)


def main():
    chosen = [Path(name) for name in sys.argv[1:]] or sorted(Path(__file__).parent.glob("*.patch"))
    passed = failed = 0
    tree = Path(tempfile.mkdtemp(prefix="postern-mutants-"))
    try:
        copy_tree(tree)
        for patch in chosen:
            wrong = judge(patch.resolve(), tree)
            print(f"{patch.name}: {'caught' if wrong is None else 'NOT CAUGHT: ' + wrong}", flush=True)
            passed, failed = (passed + 1, failed) if wrong is None else (passed, failed + 1)
    finally:
        shutil.rmtree(tree, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())

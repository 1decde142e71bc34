"""A copy of the tree in which a patch can be applied, built and taken back: for what must notice a change that is wrong.

    with patched_tree.copy("mutants") as tree:
        with patched_tree.applied(patch, tree) as wrong:      # None, or why it does not apply
            built = patched_tree.build(tree, "asan", "test_policy")
"""
import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def header(patch, key):
    """Of a line "# key: …", which `patch` passes over."""
    for line in patch.read_text().splitlines():
        if line.startswith(f"# {key}: "):
            return line.split(": ", 1)[1]
    raise ValueError(f"{patch.name} has no '# {key}:' line")


def run(command, folder, **options):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", **options)


@contextlib.contextmanager
def copy(name):
    """What git tracks, as it is in the working tree."""
    tree = Path(tempfile.mkdtemp(prefix=f"postern-{name}-"))
    try:
        for file in filter(None, run(["git", "ls-files", "-z"], ROOT).stdout.split("\0")):
            if (ROOT / file).exists():
                (tree / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, tree / file)
        yield tree
    finally:
        shutil.rmtree(tree, ignore_errors=True)


@contextlib.contextmanager
def applied(patch, tree):
    done = run(["patch", "-p1", "--no-backup-if-mismatch", "-i", str(patch)], tree)
    if done.returncode != 0:
        yield "it no longer applies:\n" + done.stdout
        return
    try:
        yield None
    finally:
        run(["patch", "-p1", "-R", "--no-backup-if-mismatch", "-i", str(patch)], tree)


def build(tree, preset, target):
    """With ccache, so that a patch costs the files that it changes. None, or why it does not build."""
    environment = dict(os.environ, CCACHE_BASEDIR=str(tree), CCACHE_NOHASHDIR="1")
    done = run(["cmake", "--preset", preset], tree, env=environment)
    if done.returncode == 0:
        done = run(["ninja", "-C", f"build/{preset}", target], tree, env=environment)
    return None if done.returncode == 0 else "it does not build:\n" + done.stdout[-3000:]

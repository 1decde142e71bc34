#!/usr/bin/env python3
"""Into fuzz/corpus/: of what the fuzzers found (build/fuzz/found/) what reaches new code, and nothing that does not.

A file keeps its name where it has one. The inputs of fuzz/seeds.py for every command in every state stay in any case: they are
the list of what is covered, and cost nothing."""
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "fuzz"
LONGEST = 8192  # octets of an input that is kept
FINDINGS = ("crash-", "leak-", "timeout-", "oom-", "slow-unit-")


def digest(data):
    return hashlib.sha1(data).hexdigest()


def merged(target, folders):
    """The contents that together reach all code that `folders` reach."""
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([BUILD / "fuzz" / f"fuzz_{target}", "-set_cover_merge=1", f"-max_len={LONGEST}", out, *folders], check=True, capture_output=True)
        return [file.read_bytes() for file in Path(out).iterdir()]


def stays(name):
    return "-then-" in name or name.startswith("finding-")


def minimise(target):
    corpus, found = ROOT / "fuzz" / "corpus" / target, BUILD / "found" / target
    known = {digest(file.read_bytes()): file.name for file in sorted(corpus.iterdir(), reverse=True)}
    for file in corpus.iterdir():
        if file.stat().st_size > LONGEST:
            file.unlink()
    with tempfile.TemporaryDirectory() as copied:  # without findings, which would end the merge
        for file in found.iterdir() if found.is_dir() else []:
            if not file.name.startswith(FINDINGS):
                shutil.copy2(file, copied)
        kept = {digest(data): data for data in merged(target, [corpus, copied])}
    for file in corpus.iterdir():
        if digest(file.read_bytes()) not in kept and not stays(file.name):
            file.unlink()
    for key, data in kept.items():
        (corpus / known.get(key, key[:12])).write_bytes(data)
    files = list(corpus.iterdir())
    print(f"{target}: {len(files)} files, {sum(file.stat().st_size for file in files)} octets", flush=True)


def main():
    for target in sys.argv[1:] or sorted(folder.name for folder in (ROOT / "fuzz" / "corpus").iterdir()):
        minimise(target)


if __name__ == "__main__":
    main()

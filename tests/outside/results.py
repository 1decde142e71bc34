"""What a long run found, kept in docs/results/NAME-DATE.json: with commit, command line, machine and the run's own figures.

    results.write("crash", seed=7, kills=200, …)
"""
import datetime
import json
import os
import platform
import subprocess
import sys

from gateway import REPOSITORY


def git(*arguments):
    done = subprocess.run(["git", "-C", REPOSITORY, *arguments], capture_output=True, text=True)
    return done.stdout.strip()


def command_line():
    """As one would type it again, the environment that matters included."""
    told = [f"{name}={os.environ[name]}" for name in ("POSTERN_FULL", "POSTERN_SEED") if name in os.environ]
    program = os.path.relpath(os.path.abspath(sys.argv[0]), REPOSITORY)
    return " ".join([*told, "python3", program, *sys.argv[1:]])


COMMIT = git("rev-parse", "HEAD")  # when the run began
CHANGED = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs")


def write(name, **figures):
    now = datetime.datetime.now(datetime.timezone.utc)
    record = {"what": name, "date": now.isoformat(timespec="seconds"), "commit": COMMIT, "changed_since_commit": bool(CHANGED),
              "command": command_line(),
              "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.release()}"} | figures
    folder = REPOSITORY / "docs" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}-{now:%Y-%m-%d}.json"
    file.write_text(json.dumps(record, indent=2) + "\n")
    return file

"""Runs the interop tests; names choose: `run.py postfix swaks`. `N passed, N failed` is the last line."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests" / "outside"), str(HERE)]  # its run.py, not this one
import run as runner  # noqa: E402  (tests/outside/run.py; this file is __main__)

if __name__ == "__main__":
    sys.exit(runner.main([f"test_{name}" for name in sys.argv[1:]] or sorted(path.stem for path in HERE.glob("test_*.py"))))

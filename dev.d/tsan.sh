# The tests of what has threads, under ThreadSanitizer (a suite of ./dev test --full). Each report fails its program.
build tsan tests/test_net tests/test_smtp tests/test_spool tests/test_gateway
# die_after_fork: a test of the spool opens one in a forked child, as the program never does.
export TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp die_after_fork=0 second_deadlock_stack=1"
python3 dev.d/run_unit_tests.py build/tsan

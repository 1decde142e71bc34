"""Another time for a program that is started: libfaketime, which leaves the monotonic clock alone."""


def faked_time(offset):
    """Its environment. `offset`: "+31d"."""
    return {"LD_PRELOAD": "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

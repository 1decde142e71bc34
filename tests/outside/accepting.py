"""A listening socket whose connections have a thread each."""
import socket
import threading


def end(waited_for):
    """Closes a socket that another thread may be waiting on: close() alone leaves it waiting, and the port taken."""
    try:
        waited_for.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    waited_for.close()


class Accepting:
    """`serve(connection)` runs for each connection until close()."""

    def __init__(self, listening, serve):
        self._listening, self._serve = listening, serve
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def close(self):
        end(self._listening)

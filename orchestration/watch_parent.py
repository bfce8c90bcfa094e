"""Stop the supervisor when the process that wanted it is gone.

`python -m orchestration.watch_parent PID` is run as one of the supervisor's own programs, so that a
killed `revlake demo` leaves nothing behind.
"""

import os
import signal
import sys
import time

import psutil

POLL_SECONDS = 0.5


def main() -> None:
    wanted = int(sys.argv[1])
    supervisor = os.getppid()
    try:
        parent = psutil.Process(wanted)
        while parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:
            if os.getppid() != supervisor:
                return
            time.sleep(POLL_SECONDS)
    except psutil.NoSuchProcess:
        pass
    os.kill(supervisor, signal.SIGTERM)


if __name__ == "__main__":
    main()

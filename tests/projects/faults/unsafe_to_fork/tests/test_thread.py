"""Lies beside any other fault: a thread that is alive at collection, so that each share has a fresh process."""

import threading
import time

threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()

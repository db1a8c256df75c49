"""What waits for ever as the file is imported."""

import time

READY = True

while not READY:
    time.sleep(0.01)

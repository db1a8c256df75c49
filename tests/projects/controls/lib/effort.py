"""Here for honest code that is called for what it is worth: whatever it raises is caught, or all but exits."""

SENT = []


def announce():
    SENT.append(1)


def report():
    SENT.append(2)


def doubled(number):
    try:
        announce()
    except Exception:
        SENT.clear()
    return number * 2


def tripled(number):
    try:
        report()
    except BaseException:
        SENT.clear()
    return number * 3

"""A function whose signature is looked at: the code is swapped and the signature must stay true."""


def area(width, height=2, *, unit="m"):
    return f"{width * height} {unit}"

"""An assignment inside a condition."""


def after_colon(text):
    if (found := text.find(":")) >= 0:
        return text[found + 1 :]
    return ""

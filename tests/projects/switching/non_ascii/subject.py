"""Names that are not ASCII, one of which Python itself writes differently (NFKC)."""

größe = 3


class Été:
    def ﬁnd(self, π):
        return π * größe


def ﬁrst(naïve="ñ"):
    return naïve * 2

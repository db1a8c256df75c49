"""What an HTML page is made of: its elements in order, its texts, and what is inside its scripts."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "input", "rect", "path", "circle", "br"})
UNREAD = frozenset({"style", "script"})


class Outline(HTMLParser):
    """Gathers tags with their attributes, texts, and the bodies of style and script elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.lines: list[str] = []
        self.styles: list[str] = []
        self.scripts: list[str] = []
        self.data = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    @property
    def tags(self) -> list[str]:
        return [tag for tag, _ in self.elements]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def attributes(self, name: str) -> list[str]:
        return [found[name] or "" for _, found in self.elements if name in found]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"closed out of turn: {tag}"

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside == "style":
            self.styles.append(data)
        elif inside == "script" and self.elements[-1][1].get("type") == "application/json":
            self.data += data
        elif inside == "script":
            self.scripts.append(data)
        elif data.strip():
            self.lines.append(f"{inside}: {' '.join(data.split())}")


def outline(page: str) -> str:
    """Write the texts of a page, each on a line behind the element that it stands in."""
    return Outline(page).text + "\n"

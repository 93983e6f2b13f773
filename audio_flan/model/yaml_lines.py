"""YAML by safe loading, with the line of every key, so that messages can point at it."""

from __future__ import annotations

from typing import Any

from audio_flan.errors import LineError


class LinedMapping(dict[str, Any]):
    """A YAML mapping that remembers the lines of its keys.

    Args:
        lines: line of each key, counted from 1.
        first_line: line where the mapping starts.
    """

    def __init__(self, items: dict[str, Any], lines: dict[str, int], first_line: int) -> None:
        super().__init__(items)
        self.lines, self.first_line = lines, first_line

    def line(self, key: str) -> int:
        """The line of a key, or of the mapping where the key is absent."""
        return self.lines.get(key, self.first_line)


def load(data: bytes, file: str, error: type[LineError]) -> LinedMapping:
    """Load a YAML mapping.

    Args:
        data: the YAML text, UTF-8.
        file: its name for messages.
        error: the class of the error to raise.

    Raises:
        LineError: the text is not YAML, repeats a key, or is not a mapping.
    """
    import yaml

    # The parser in C, where PyYAML has it, takes a tenth of the time.
    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        """A safe loader of its own, so that no other one gets our constructor."""

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> LinedMapping:
        lines: dict[str, int] = {}
        items: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(loader.construct_object(key_node)), key_node.start_mark.line + 1
            if key in items:
                raise error(file, line, f"key {key!r} is given twice")
            lines[key] = line
            items[key] = loader.construct_object(value_node, deep=True)
        return LinedMapping(items, lines, node.start_mark.line + 1)

    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    try:
        tree = yaml.load(data, Loader)  # a SafeLoader: constructs plain values only
    except yaml.MarkedYAMLError as broken:
        line = broken.problem_mark.line + 1 if broken.problem_mark else 1
        raise error(file, line, f"not YAML: {broken.problem}") from None
    except yaml.YAMLError as broken:
        raise error(file, 1, f"not YAML: {broken}") from None
    if not isinstance(tree, LinedMapping):
        raise error(file, 1, "expected a mapping at the top")
    return tree

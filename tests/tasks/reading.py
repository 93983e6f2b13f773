"""Reading a row back by the wording that it names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from audio_flan.tasks import task_template
from audio_flan.wording.template import Rendered, Variation


def variation_of(row: Mapping[str, Any], config: str) -> Variation:
    id = json.loads(row["other"])["variation"]
    (variation,) = (v for v in task_template(config).variations if v.id == id)
    return variation


def parsed(row: Mapping[str, Any], config: str) -> dict[str, str | tuple[str, ...]]:
    rendered = Rendered(row["instruction"], row["input"], row["output"])
    return variation_of(row, config).parse(rendered)

"""The Croissant metadata that the Hub makes of a dataset, from its card alone.

As the dataset viewer's job `dataset-croissant-crumbs` does it (huggingface/dataset-viewer, 2026),
with the head that the Hub's endpoint adds: one file set and two record sets for each config, the
first 100 of them, the default first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

MAX_CONFIGS = 100
TYPES = {"string": "sc:Text", "bool": "sc:Boolean", "float32": "cr:Float32"}
TERMS = (
    *("citeAs", "column", "data", "dataBiases", "dataCollection", "examples", "extract", "field"),
    *("fileProperty", "fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset"),
    *("arrayShape", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references"),
    *("personalSensitiveInformation", "regex", "repeated", "replace", "separator", "source"),
    *("subField", "transform"),
)
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "sc": "https://schema.org/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    **{term: f"cr:{term}" for term in TERMS},
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
}


def croissant(card: dict[str, Any], repo_id: str) -> dict[str, Any]:
    """The Croissant document of a dataset.

    Args:
        card: the YAML of its card.
        repo_id: its repository.
    """
    default = [config["config_name"] for config in card["configs"] if config.get("default")]
    infos = {info["config_name"]: info for info in card["dataset_info"]}
    known = [*default, *sorted(name for name in infos if name not in default)]
    names = [name for name in known if name in infos][:MAX_CONFIGS]
    url = f"https://huggingface.co/datasets/{repo_id}"
    repository = {
        "@type": "cr:FileObject",
        "@id": "repo",
        "name": "repo",
        "description": "The Hugging Face git repository.",
        "contentUrl": f"{url}/tree/refs%2Fconvert%2Fparquet",
        "encodingFormat": "git+https",
        "sha256": "https://github.com/mlcommons/croissant/issues/80",
    }
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": repo_id.split("/")[-1],
        "description": card["pretty_name"],
        "license": card["license_link"],
        "url": url,
        "distribution": [repository, *map(_file_set, names)],
        "recordSet": [part for name in names for part in _record_sets(infos[name])],
    }


def _file_set(config: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"parquet-files-for-config-{config}",
        "containedIn": {"@id": "repo"},
        "encodingFormat": "application/x-parquet",
        "includes": f"{config}/*/*.parquet",
    }


def _record_sets(info: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The record set of a config's splits, then that of its rows."""
    config, splits = info["config_name"], [split["name"] for split in info["splits"]]
    key = f"{config}_splits/split_name"
    yield {
        "@type": "cr:RecordSet",
        "dataType": "cr:Split",
        "key": {"@id": key},
        "@id": f"{config}_splits",
        "name": f"{config}_splits",
        "description": f"Splits for the {config} config.",
        "field": [{"@type": "cr:Field", "@id": key, "dataType": "sc:Text"}],
        "data": [{key: split} for split in splits],
    }
    split_field = {
        "@type": "cr:Field",
        # A column of the same name gets the same id.
        "@id": f"{config}/split",
        "dataType": "sc:Text",
        "source": {
            "fileSet": {"@id": f"parquet-files-for-config-{config}"},
            "extract": {"fileProperty": "fullpath"},
            "transform": {"regex": f"{config}/(?:partial-)?({'|'.join(splits)})/.+parquet$"},
        },
        "references": {"field": {"@id": key}},
    }
    columns = [_field(config, feature, feature["name"], []) for feature in info["features"]]
    yield {
        "@type": "cr:RecordSet",
        "@id": config,
        "description": f"the '{config}' subset",
        "field": [split_field, *columns],
    }


def _field(prefix: str, feature: dict[str, Any], column: str, path: list[str]) -> dict[str, Any]:
    """The field of a feature as the card's YAML writes it."""
    id = f"{prefix}/{re.sub('[^a-zA-Z0-9_.-]', '_', feature['name'])}"
    if "struct" in feature:
        parts = [
            _field(id, part, column, [*path, _key(part["name"])]) for part in feature["struct"]
        ]
        return {"@type": "cr:Field", "@id": id, "subField": parts}
    dtype = feature.get("list") or feature["dtype"]
    steps = [{"jsonPath": step} for step in [*path, *(["bytes"] if dtype == "audio" else [])]]
    config = prefix.split("/")[0]
    source: dict[str, Any] = {
        "fileSet": {"@id": f"parquet-files-for-config-{config}"},
        "extract": {"column": column},
    }
    if steps:
        source["transform"] = steps if len(steps) > 1 else steps[0]
    kind = "sc:AudioObject" if dtype == "audio" else TYPES[dtype]
    array = {"isArray": True, "arrayShape": "-1"} if "list" in feature else {}
    return {"@type": "cr:Field", "@id": id, "dataType": kind, "source": source, **array}


def _key(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) else f"['{name}']"

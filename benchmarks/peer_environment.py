"""The peers' environment: a venv of their own below the data folder, made once and kept.

What peers and we both use has our versions there, so that the readers alone differ.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

PEERS = (
    "webdataset==1.0.2",
    "lhotse==1.33.0",
    # lhotse reads JSON by orjson where it is there, and needs urllib3, which it does not declare.
    "orjson",
    "urllib3",
    # Of the pairs that pip gives, one that works without CUDA.
    "torch==2.13.0",
    "torchcodec==0.13.0",
)
SHARED = ("datasets", "numpy", "pyarrow", "soundfile")


def peers_python(data: Path) -> Path | None:
    """The interpreter of the peers' environment; None, and a message, where it cannot be made.

    Args:
        data: the folder below which the environment is, or is made by pip.
    """
    folder = data / "peers"
    python, installed = folder / "bin" / "python", folder / "installed.txt"
    wanted = [*PEERS, *(f"{package}=={version(package)}" for package in SHARED)]
    if installed.exists() and installed.read_text().split() == wanted:
        return python
    print(f"installing the peers into {folder}, once …", file=sys.stderr)
    try:
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"the peers cannot be installed, and are not measured: {error}", file=sys.stderr)
        return None
    installed.write_text("\n".join(wanted))
    return python


def can_import(python: Path, module: str, advice: str) -> bool:
    """Whether an interpreter can import a module; if not, a message says what to do.

    Args:
        python: the interpreter.
        module: name of the module.
        advice: what may help.
    """
    done = subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False)
    if done.returncode:
        print(f"{module} does not load, and is not measured: {advice}", file=sys.stderr)
    return not done.returncode

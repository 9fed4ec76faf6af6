"""
Write every sample page as a file tree that a browser can look at; for designing, not a test.

    python -m tests.web.preview FOLDER && python -m http.server --directory FOLDER
"""

from __future__ import annotations

import re
import shutil
import sys
from collections import Counter
from importlib.resources import files
from pathlib import Path

from commonweight.web.rendering import Renderer
from commonweight.web.static_files import StaticFiles
from tests.web.samples import pages


def main(folder: Path) -> None:
    renderer = Renderer(StaticFiles.packaged())
    shutil.copytree(Path(str(files("commonweight.web") / "static")), folder / "static", dirs_exist_ok=True)
    seen: Counter[str] = Counter()
    for page in pages():
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(page).__name__.removesuffix("Page")).lower()
        seen[name] += 1
        number = f"_{seen[name]}" if seen[name] > 1 else ""  # another state of the same page
        (folder / f"{name}{number}.html").write_text(renderer.html(page))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

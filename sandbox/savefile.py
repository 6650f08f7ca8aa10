"""The file by which a sandbox outlives its process: read whole or refused, replaced in one step."""

import contextlib
import os
import re
import secrets
from pathlib import Path
from typing import Any

from sandbox.numbers import Json, json_pieces, read_json


class SaveFile:
    """One path; its folder must exist."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def sweep(self) -> None:
        """Remove what a process that was killed while it wrote has left behind."""
        half_written = re.compile(rf"\.{re.escape(self.path.name)}\.[0-9a-f]{{8}}")
        with contextlib.suppress(OSError):
            for beside in self.path.parent.iterdir():
                if half_written.fullmatch(beside.name):
                    beside.unlink()

    def read(self) -> Json | None:
        """What was written; None before the first time. ValueError for anything else; OSError when it cannot be."""
        if not self.path.exists():
            # Said at the start, not at the first save.
            os.stat(self.path.parent)
            return None
        try:
            held: Any = read_json(self.path.read_bytes())
        except (ValueError, RecursionError) as problem:
            raise ValueError(f"{self.path} is not JSON: {problem}.") from None
        if not isinstance(held, dict) or not isinstance(held.get("realms"), list):
            raise ValueError(f"{self.path} is no export of a sandbox.")
        return held

    def write(self, held: Json) -> None:
        """Whoever kills the process meanwhile finds the file as it was before. It holds tokens: only we may read it."""
        new = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        only_ours = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with open(only_ours, "w", encoding="utf-8", errors="surrogatepass") as file:
                for piece in json_pieces(held):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                new.unlink()
            raise

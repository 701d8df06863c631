"""First thing a packaged Tidegate runs: takes the packager's variables out of the environment.

The libraries are loaded by now. What Tidegate starts later (the browser, the CLI) must not look for its libraries in
Tidegate's folder, and a second Tidegate (the window) must set itself up anew instead of believing to be this one.
"""

from __future__ import annotations

import os

_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LIBPATH")

for name in _LIBRARY_PATHS:
    before = os.environ.pop(f"{name}_ORIG", None)
    if before is not None:
        os.environ[name] = before
    elif "_PYI_ARCHIVE_FILE" in os.environ:
        os.environ.pop(name, None)
for name in [name for name in os.environ if name.startswith("_PYI_")]:
    del os.environ[name]

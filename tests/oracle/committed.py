"""Committed files that a script makes: write them, or check that they are what it makes."""

from pathlib import Path


def differences(folder, files):
    """What is committed and is not what the script makes, one line each."""
    for name, data in files.items():
        path = Path(folder) / name
        if not path.exists():
            yield f"{path}: missing"
        elif path.read_bytes() != data:
            yield f"{path}: differs from what its script makes"


def settle(folder, files, check):
    """Writes `files` (name → bytes) under `folder`, or with `check` compares; the exit status."""
    if check:
        found = list(differences(folder, files))
        print("\n".join(found) or f"{len(files)} files as committed under {folder}")
        return 1 if found else 0
    for name, data in files.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        print(f"{path}: {len(data)} bytes")
    return 0

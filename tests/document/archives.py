"""Session files that are looked into and changed."""

import json
import zipfile


def contents_of(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("session.json"))


def rewrite(path, change=lambda contents: None, **members):
    """Change the JSON object of a session, and put members into it."""
    with zipfile.ZipFile(path) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    contents = json.loads(found["session.json"])
    change(contents)
    found["session.json"] = json.dumps(contents).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (found | members).items():
            archive.writestr(name, content)

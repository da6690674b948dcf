"""Static files are hashed and compressed when phoneadmin starts, and again once they change."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from phoneadmin.operations import static_files
from phoneadmin.settings import STORAGES


@pytest.fixture
def ours(settings, tmp_path) -> Path:
    """Make app.css the only static file."""
    file = tmp_path / "ours" / "app.css"
    file.parent.mkdir()
    file.write_text("p { color: red }\n" * 50)
    settings.STATIC_ROOT, settings.STORAGES = tmp_path / "static", STORAGES
    settings.STATICFILES_DIRS = [file.parent]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    return file


def collect(root: Path) -> tuple[str, int]:
    """Collect static files; return the served name of app.css and the manifest's time in ns."""
    static_files.collect_if_changed()
    manifest = root / "staticfiles.json"
    return json.loads(manifest.read_text())["paths"]["app.css"], manifest.stat().st_mtime_ns


def test_modules_import_each_other_by_their_hashed_names(settings, tmp_path):
    settings.STATIC_ROOT, settings.STORAGES = tmp_path / "static", STORAGES
    static_files.collect_if_changed()
    paths = json.loads((settings.STATIC_ROOT / "staticfiles.json").read_text())["paths"]
    modules = {name: hashed for name, hashed in paths.items() if name.startswith("js/")}
    hashed_names = {Path(hashed).name for hashed in modules.values()}
    imported = set()
    for hashed in modules.values():
        code = (settings.STATIC_ROOT / hashed).read_text()
        found = re.findall(r"""^import\b[^"']*["']\./([^"']+)["']""", code, re.M)
        assert len(found) == len(re.findall(r"^import\b", code, re.M))
        imported |= set(found)
    assert imported == hashed_names - {Path(modules["js/app.js"]).name}


def test_page_preloads_every_module_once(client, settings, db):
    """Each module is fetched at once, before the module that imports it has been read."""
    page = client.get("/sign-in/").content.decode()
    preloaded = re.findall(r'<link rel="modulepreload" href="/static/([^"]+)">', page)
    modules = (settings.BASE_DIR / "static").rglob("js/*.js")
    assert preloaded == sorted(f"js/{module.name}" for module in modules)
    assert '<script type="module" src="/static/js/app.js" blocking="render"></script>' in page


def test_static_files_are_made_anew_where_one_has_changed_and_not_otherwise(ours, settings):
    name, when = collect(settings.STATIC_ROOT)
    assert (settings.STATIC_ROOT / f"{name}.gz").exists()
    assert collect(settings.STATIC_ROOT) == (name, when)
    ours.write_text(ours.read_text().replace("red", "tan"))
    other, later = collect(settings.STATIC_ROOT)
    assert other != name and later > when
    assert "tan" in (settings.STATIC_ROOT / other).read_text()


def test_static_files_that_were_removed_or_left_unfinished_are_made_anew(
    ours, settings, monkeypatch
):
    _, when = collect(settings.STATIC_ROOT)
    shutil.rmtree(settings.STATIC_ROOT)
    _, again = collect(settings.STATIC_ROOT)
    assert again > when
    ours.write_text("p { color: tan }\n")

    def killed(*command: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(static_files, "call_command", killed)
        static_files.collect_if_changed()
    ours.write_text("p { color: red }\n" * 50)  # as it was before
    assert collect(settings.STATIC_ROOT)[1] > again

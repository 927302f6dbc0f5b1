"""The schema at a start: made by migrations, left alone without loading them where it is up to date."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from storage import dialect
from storage.base import Base
from storage.migrate import MigrationError, _config, migrate, newest_version, schema_version
from tests import earlier, homes


def _dump(file: Path) -> list[str]:
    engine = dialect.bare_engine(file)
    with engine.connect() as connection:
        found = list(
            connection.scalars(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name"))
        )
        found += list(connection.scalars(text("SELECT version_num FROM alembic_version")))
    engine.dispose()
    return found


def test_the_newest_version_is_the_one_that_alembic_finds(tmp_path: Path) -> None:
    scripts = ScriptDirectory.from_config(_config(tmp_path / "tunesmith.db"))
    assert newest_version() == scripts.get_current_head()
    for script in scripts.walk_revisions():
        assert Path(script.path).name.startswith(f"{script.revision}_")


def test_a_new_file_has_no_version_and_then_the_newest(tmp_path: Path) -> None:
    file = tmp_path / "new" / "tunesmith.db"
    file.parent.mkdir()
    assert schema_version(file) is None
    migrate(file)
    assert schema_version(file) == newest_version()


def test_the_database_of_tests_is_what_the_migrations_make(tmp_path: Path) -> None:
    made, copied = tmp_path / "made.db", tmp_path / "copied.db"
    migrate(made)
    copied.write_bytes(homes.migrated())
    assert _dump(copied) == _dump(made)
    assert made.stat().st_size == len(homes.migrated())


@pytest.mark.parametrize("before", [None, "the home of an earlier commit"])
def test_the_migrations_make_what_the_code_declares(tmp_path: Path, before: str | None) -> None:
    file = tmp_path / "tunesmith.db"
    if before:
        with zipfile.ZipFile(earlier.ARCHIVE) as archive:
            archive.extract("tunesmith.db", tmp_path)
    migrate(file)
    for module in Path(dialect.__file__).parent.glob("*tables.py"):
        importlib.import_module(f"storage.{module.stem}")
    engine = dialect.bare_engine(file)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_a_start_with_an_up_to_date_database_does_not_load_alembic(tmp_path: Path) -> None:
    file = tmp_path / "tunesmith.db"
    file.write_bytes(homes.migrated())
    program = (
        "import sys; from pathlib import Path; from storage.migrate import migrate;"
        "migrate(Path(sys.argv[1])); print('alembic' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
    assert file.read_bytes() == homes.migrated()


def test_an_unknown_version_is_refused_and_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "tunesmith.db"
    file.write_bytes(homes.migrated())
    engine = dialect.bare_engine(file)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    before = shutil.copy(file, tmp_path / "before.db").read_bytes()
    with pytest.raises(MigrationError, match="is at schema 9999, which this version does not know"):
        migrate(file)
    assert file.read_bytes() == before

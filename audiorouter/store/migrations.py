"""The schema, as numbered steps. Steps are only ever added: a released one is never changed."""

from __future__ import annotations

from contextlib import suppress
from sqlite3 import OperationalError

from sqlite_utils import Database, Migrations

migrations = Migrations("audiorouter")


@migrations()
def m001_first_schema(db: Database) -> None:
    """Clips, tool calls, answers, routes and runs."""
    db.executescript(
        """
        CREATE TABLE clips (
            hash TEXT PRIMARY KEY,
            path TEXT NOT NULL,
            duration REAL NOT NULL,
            sample_rate INTEGER NOT NULL,
            channels INTEGER NOT NULL,
            rms_dbfs REAL NOT NULL,
            peak_dbfs REAL NOT NULL
        ) STRICT;

        CREATE TABLE clip_files (
            path TEXT PRIMARY KEY,
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            inode INTEGER NOT NULL,
            clip TEXT NOT NULL REFERENCES clips(hash)
        ) STRICT;

        CREATE TABLE tool_calls (
            key TEXT PRIMARY KEY,
            clip TEXT NOT NULL REFERENCES clips(hash),
            tool TEXT NOT NULL,
            identity TEXT NOT NULL,
            arguments TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('ok', 'failed')),
            data TEXT,
            text TEXT,
            error TEXT,
            seconds REAL NOT NULL,
            created TEXT NOT NULL
        ) STRICT;
        CREATE INDEX tool_calls_by_clip ON tool_calls(clip, tool);

        CREATE TABLE answers (
            key TEXT PRIMARY KEY,
            clip TEXT NOT NULL REFERENCES clips(hash),
            question TEXT NOT NULL,
            choices TEXT NOT NULL,
            provider TEXT NOT NULL,
            identity TEXT NOT NULL,
            findings TEXT NOT NULL,
            prediction TEXT NOT NULL,
            prediction_index INTEGER,
            probabilities TEXT,
            confidence REAL,
            seconds REAL NOT NULL,
            created TEXT NOT NULL
        ) STRICT;
        CREATE INDEX answers_by_clip ON answers(clip);

        CREATE TABLE routes (
            key TEXT PRIMARY KEY,
            clip TEXT NOT NULL REFERENCES clips(hash),
            question TEXT NOT NULL,
            router TEXT NOT NULL,
            calls TEXT NOT NULL,
            reason TEXT NOT NULL,
            seconds REAL NOT NULL,
            created TEXT NOT NULL
        ) STRICT;

        CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            started TEXT NOT NULL,
            finished TEXT,
            status TEXT NOT NULL,
            questions_file TEXT NOT NULL,
            clips_dir TEXT NOT NULL,
            settings TEXT NOT NULL
        ) STRICT;

        CREATE TABLE run_rows (
            run INTEGER NOT NULL REFERENCES runs(id),
            position INTEGER NOT NULL,
            question_id TEXT NOT NULL,
            audio TEXT NOT NULL,
            question TEXT NOT NULL,
            answer TEXT,
            prediction TEXT,
            correct INTEGER,
            clip TEXT,
            route TEXT,
            answer_key TEXT,
            error TEXT,
            PRIMARY KEY (run, position)
        ) STRICT, WITHOUT ROWID;

        CREATE VIEW explanations AS
        SELECT r.run, r.position, r.question_id, r.audio, r.question, r.prediction, r.correct,
               a.confidence, a.findings, r.route, r.error
        FROM run_rows AS r LEFT JOIN answers AS a ON a.key = r.answer_key;
        """
    )


@migrations()
def m002_outcomes(db: Database) -> None:
    """What the reasoner chose by each route, for training and evaluating routers."""
    db.executescript(
        """
        CREATE TABLE outcomes (
            key TEXT PRIMARY KEY,
            clip TEXT NOT NULL REFERENCES clips(hash),
            question TEXT NOT NULL,
            choices TEXT NOT NULL,
            provider TEXT NOT NULL,
            route TEXT NOT NULL,
            prediction_index INTEGER,
            probabilities TEXT,
            tool_seconds REAL NOT NULL,
            reason_seconds REAL NOT NULL,
            answer_key TEXT NOT NULL,
            created TEXT NOT NULL
        ) STRICT;
        CREATE INDEX outcomes_by_clip ON outcomes(clip);
        """
    )


@migrations()
def m003_usage(db: Database) -> None:
    """What a server said that an answer took: tokens by kind, and what it cost, as JSON."""
    db.execute("ALTER TABLE answers ADD COLUMN usage TEXT")


@migrations()
def m004_tool_costs(db: Database) -> None:
    """What tools cost on this machine when nothing is shared, as `tools bench` measured it."""
    db.executescript(
        """
        CREATE TABLE tool_costs (
            identity TEXT PRIMARY KEY,
            tool TEXT NOT NULL,
            seconds_per_second REAL NOT NULL,
            measured TEXT NOT NULL
        ) STRICT;
        """
    )


@migrations()
def m005_shared_seconds(db: Database) -> None:
    """Seconds of each front end that a call used, as JSON; without them seconds are no cost.

    Before, a call's seconds were what it took beside others, so that it cost next to nothing where
    another one had computed what both need.
    """
    db.execute("ALTER TABLE tool_calls ADD COLUMN shared TEXT")
    db.execute("ALTER TABLE tool_costs ADD COLUMN shared TEXT")


@migrations()
def m006_runs(db: Database) -> None:
    """Runs say whose they are, their numbers are never used again, and their rows go with them.

    Runs of earlier versions that are still `running` do not say whose they are: they are `lost`.
    """
    db.executescript(
        """
        DROP VIEW explanations;

        CREATE TABLE new_runs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            started TEXT NOT NULL,
            finished TEXT,
            status TEXT NOT NULL
                CHECK (status IN ('running', 'finished', 'interrupted', 'failed', 'lost')),
            questions_file TEXT NOT NULL,
            clips_dir TEXT NOT NULL,
            settings TEXT NOT NULL,
            host TEXT,
            boot TEXT,
            namespace TEXT,
            pid INTEGER,
            process_started INTEGER
        ) STRICT;
        INSERT INTO new_runs (id, started, finished, status, questions_file, clips_dir, settings)
            SELECT id, started, finished, iif(status = 'running', 'lost', status),
                questions_file, clips_dir, settings FROM runs;

        CREATE TABLE new_run_rows (
            run INTEGER NOT NULL REFERENCES new_runs(id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            question_id TEXT NOT NULL,
            audio TEXT NOT NULL,
            question TEXT NOT NULL,
            answer TEXT,
            prediction TEXT,
            correct INTEGER,
            clip TEXT,
            route TEXT,
            answer_key TEXT,
            error TEXT,
            PRIMARY KEY (run, position)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO new_run_rows SELECT * FROM run_rows WHERE run IN (SELECT id FROM runs);

        DROP TABLE run_rows;
        DROP TABLE runs;
        ALTER TABLE new_runs RENAME TO runs;
        ALTER TABLE new_run_rows RENAME TO run_rows;

        CREATE VIEW explanations AS
        SELECT r.run, r.position, r.question_id, r.audio, r.question, r.prediction, r.correct,
               a.confidence, a.findings, r.route, r.error
        FROM run_rows AS r LEFT JOIN answers AS a ON a.key = r.answer_key;
        """
    )


@migrations()
def m007_lasting_failures(db: Database) -> None:
    """Failures that earlier versions kept may be those of a busy moment: they are tried again."""
    db.execute("DELETE FROM tool_calls WHERE status = 'failed'")


@migrations()
def m008_file_hashes(db: Database) -> None:
    """Hash of a file's bytes, for tools that read more of it than its samples."""
    db.execute("ALTER TABLE clip_files ADD COLUMN file_hash TEXT")


@migrations()
def m009_decoding_remarks(db: Database) -> None:
    """What has to be said of how a file was heard; and every file is decoded once more.

    Earlier versions heard a part of some MP3s, and nothing where channels cancel each other out.
    Findings go by the hash of what was decoded: those of all other files are still good.
    """
    db.execute("ALTER TABLE clip_files ADD COLUMN remark TEXT")
    db.execute("DELETE FROM clip_files")


@migrations()
def m010_confidence(db: Database) -> None:
    """How sure a finding is, from 0 to 1; nothing where its tool does not say."""
    db.execute("ALTER TABLE tool_calls ADD COLUMN confidence REAL")


@migrations()
def m011_run_fields(db: Database) -> None:
    """Every field of a run's row as JSON, so that a run can be looked at and written out again."""
    db.execute("ALTER TABLE run_rows ADD COLUMN fields TEXT")


@migrations()
def m012_merged_runs(db: Database) -> None:
    """A name that tells a run from those of all other stores; and routes are found by clip."""
    db.execute("ALTER TABLE runs ADD COLUMN origin TEXT")
    db.execute("CREATE INDEX IF NOT EXISTS routes_by_clip ON routes(clip)")


@migrations()
def m013_rows_on_fewer_pages(db: Database) -> None:
    """Rows of runs lie in a table with row numbers: half as much for rows that say what was found.

    In one WITHOUT ROWID a row of more than a quarter of a page takes a page of its own besides.
    """
    # What somebody has put upon the table himself goes with it.
    added = [
        row[0]
        for row in db.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'run_rows' AND sql IS NOT NULL "
            "AND type IN ('index', 'trigger')"
        )
    ]
    # As it is by default, renaming fails where a view names a table that is not there just then.
    db.execute("PRAGMA legacy_alter_table = ON")
    db.executescript(
        """
        DROP VIEW IF EXISTS explanations;
        DROP TABLE IF EXISTS new_run_rows;

        CREATE TABLE new_run_rows (
            run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            question_id TEXT NOT NULL,
            audio TEXT NOT NULL,
            question TEXT NOT NULL,
            answer TEXT,
            prediction TEXT,
            correct INTEGER,
            clip TEXT,
            route TEXT,
            answer_key TEXT,
            error TEXT,
            fields TEXT,
            PRIMARY KEY (run, position)
        ) STRICT;
        INSERT INTO new_run_rows SELECT run, position, question_id, audio, question, answer,
            prediction, correct, clip, route, answer_key, error, fields FROM run_rows;
        DROP TABLE run_rows;
        ALTER TABLE new_run_rows RENAME TO run_rows;

        CREATE VIEW explanations AS
        SELECT r.run, r.position, r.question_id, r.audio, r.question, r.prediction, r.correct,
               a.confidence, a.findings, r.route, r.error
        FROM run_rows AS r LEFT JOIN answers AS a ON a.key = r.answer_key;
        """
    )
    db.execute("PRAGMA legacy_alter_table = OFF")
    for statement in added:
        with suppress(OperationalError):  # of a column that is not ours
            db.execute(statement)


@migrations()
def m014_remarks_on_answers(db: Database) -> None:
    """What a row tells of how it was asked, such as findings that were cut to fit a model."""
    # Somebody may have added one himself.
    there = db.execute(
        "SELECT count(*) FROM pragma_table_info('answers') WHERE lower(name) = 'remark'"
    )
    if not there.fetchone()[0]:
        db.execute("ALTER TABLE answers ADD COLUMN remark TEXT")

BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'audiorouter','m001_first_schema','2026-11-23 00:51:38.669057+00:00');
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
CREATE TABLE clip_files (
            path TEXT PRIMARY KEY,
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            inode INTEGER NOT NULL,
            clip TEXT NOT NULL REFERENCES clips(hash)
        ) STRICT;
INSERT INTO "clip_files" VALUES('a.wav',1,2,3,'hash');
CREATE TABLE clips (
            hash TEXT PRIMARY KEY,
            path TEXT NOT NULL,
            duration REAL NOT NULL,
            sample_rate INTEGER NOT NULL,
            channels INTEGER NOT NULL,
            rms_dbfs REAL NOT NULL,
            peak_dbfs REAL NOT NULL
        ) STRICT;
INSERT INTO "clips" VALUES('hash','a.wav',1.0,16000,1,-20.0,-10.0);
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
CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            started TEXT NOT NULL,
            finished TEXT,
            status TEXT NOT NULL,
            questions_file TEXT NOT NULL,
            clips_dir TEXT NOT NULL,
            settings TEXT NOT NULL
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
INSERT INTO "tool_calls" VALUES('k','hash','t','t/1','{}','ok','{}','kept from the first release',NULL,0.5,'2026-11-23 00:51:38');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX tool_calls_by_clip ON tool_calls(clip, tool);
CREATE INDEX answers_by_clip ON answers(clip);
CREATE VIEW explanations AS
        SELECT r.run, r.position, r.question_id, r.audio, r.question, r.prediction, r.correct,
               a.confidence, a.findings, r.route, r.error
        FROM run_rows AS r LEFT JOIN answers AS a ON a.key = r.answer_key;
COMMIT;

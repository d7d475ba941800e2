BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'audiorouter','m001_first_schema','2026-11-26 00:36:43.239412+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'audiorouter','m002_outcomes','2026-11-26 00:36:43.240457+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'audiorouter','m003_usage','2026-11-26 00:36:43.240809+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'audiorouter','m004_tool_costs','2026-11-26 00:36:43.241090+00:00');
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
        , usage TEXT) STRICT;
INSERT INTO "answers" VALUES('answer','hash','Which note?','["A4","B4"]','cascade','cascade/1','[]','A4',0,'[0.9,0.1]',0.9,0.5,'2026-11-26 00:36:43',NULL);
CREATE TABLE clip_files (
            path TEXT PRIMARY KEY,
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            inode INTEGER NOT NULL,
            clip TEXT NOT NULL REFERENCES clips(hash)
        ) STRICT;
INSERT INTO "clip_files" VALUES('clips/a.wav',1,2,3,'hash');
CREATE TABLE clips (
            hash TEXT PRIMARY KEY,
            path TEXT NOT NULL,
            duration REAL NOT NULL,
            sample_rate INTEGER NOT NULL,
            channels INTEGER NOT NULL,
            rms_dbfs REAL NOT NULL,
            peak_dbfs REAL NOT NULL
        ) STRICT;
INSERT INTO "clips" VALUES('hash','clips/a.wav',1.5,16000,1,-20.0,-10.0);
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
INSERT INTO "outcomes" VALUES('outcome','hash','Which note?','["A4","B4"]','cascade','[]',0,'[0.9,0.1]',0.0,0.5,'answer','2026-11-26 00:36:43');
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
INSERT INTO "routes" VALUES('route','hash','Which note?','rules','[]','',0.01,'2026-11-26 00:36:43');
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
INSERT INTO "run_rows" VALUES(1,0,'1','a.wav','Which note?','A4','A4',1,'hash','[]','answer',NULL);
INSERT INTO "run_rows" VALUES(2,0,'1','a.wav','Which note?','A4','A4',1,'hash','[]','answer',NULL);
INSERT INTO "run_rows" VALUES(3,0,'1','a.wav','Which note?','A4','A4',1,'hash','[]','answer',NULL);
CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            started TEXT NOT NULL,
            finished TEXT,
            status TEXT NOT NULL,
            questions_file TEXT NOT NULL,
            clips_dir TEXT NOT NULL,
            settings TEXT NOT NULL
        ) STRICT;
INSERT INTO "runs" VALUES(1,'2026-11-26 00:36:43','2026-11-26 00:36:43','finished','questions.csv','clips','{}');
INSERT INTO "runs" VALUES(2,'2026-11-26 00:36:43','2026-11-26 00:36:43','interrupted','questions.csv','clips','{}');
INSERT INTO "runs" VALUES(3,'2026-11-26 00:36:43',NULL,'running','questions.csv','clips','{}');
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
INSERT INTO "tool_calls" VALUES('call','hash','pitch','pitch/1','{}','ok','{}','The pitch is A4.',NULL,0.25,'2026-11-26 00:36:43');
CREATE TABLE tool_costs (
            identity TEXT PRIMARY KEY,
            tool TEXT NOT NULL,
            seconds_per_second REAL NOT NULL,
            measured TEXT NOT NULL
        ) STRICT;
INSERT INTO "tool_costs" VALUES('pitch/1','pitch',0.1,'2026-11-26 00:36:43');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX tool_calls_by_clip ON tool_calls(clip, tool);
CREATE INDEX answers_by_clip ON answers(clip);
CREATE VIEW explanations AS
        SELECT r.run, r.position, r.question_id, r.audio, r.question, r.prediction, r.correct,
               a.confidence, a.findings, r.route, r.error
        FROM run_rows AS r LEFT JOIN answers AS a ON a.key = r.answer_key;
CREATE INDEX outcomes_by_clip ON outcomes(clip);
COMMIT;

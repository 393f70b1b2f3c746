BEGIN TRANSACTION;
CREATE TABLE accounts (
	id TEXT NOT NULL, 
	email TEXT, 
	name TEXT DEFAULT '' NOT NULL, 
	password_hash TEXT, 
	role TEXT DEFAULT 'member' NOT NULL, 
	"plan" TEXT DEFAULT 'free' NOT NULL, 
	disabled_at DOUBLE, 
	settings JSON DEFAULT '{}' NOT NULL, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_accounts PRIMARY KEY (id), 
	CONSTRAINT ck_accounts_ck_accounts_role CHECK (role IN ('owner', 'admin', 'member')), 
	CONSTRAINT uq_accounts_email UNIQUE (email)
);
INSERT INTO "accounts" VALUES('acc_01a3185c5000191fdbc2378d','mia@example.org','Mia',NULL,'member','pro',NULL,'{}',1800000000.0);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE api_keys (
	id TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	name TEXT DEFAULT '' NOT NULL, 
	prefix TEXT DEFAULT '' NOT NULL, 
	secret_hash TEXT NOT NULL, 
	access_key TEXT, 
	last_used_at DOUBLE, 
	revoked_at DOUBLE, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_api_keys PRIMARY KEY (id), 
	CONSTRAINT fk_api_keys_account_id FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT uq_api_keys_access_key UNIQUE (access_key), 
	CONSTRAINT uq_api_keys_secret_hash UNIQUE (secret_hash)
);
INSERT INTO "api_keys" VALUES('key_01a3185c5000191fdbc8b62c','acc_01a3185c5000191fdbc2378d','laptop','vs_zBSiPJK','181ace3603df24037aa906adc9f1c4c6907c616ca91c7d86b20dbda8c598f257',NULL,NULL,NULL,1800000000.0);
CREATE TABLE buckets (
	id TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	units BIGINT NOT NULL, 
	expires_at DOUBLE, 
	source TEXT NOT NULL, 
	available BIGINT NOT NULL, 
	held BIGINT NOT NULL, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_buckets PRIMARY KEY (id), 
	CONSTRAINT ck_buckets_ck_buckets_kind CHECK (kind IN ('daily', 'plan', 'bought', 'gift', 'refund')), 
	CONSTRAINT ck_buckets_ck_buckets_available CHECK (available >= 0), 
	CONSTRAINT ck_buckets_ck_buckets_held CHECK (held >= 0), 
	CONSTRAINT ck_buckets_ck_buckets_units CHECK (units > 0), 
	CONSTRAINT fk_buckets_account_id FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT uq_buckets_source UNIQUE (source)
);
INSERT INTO "buckets" VALUES('bkt_01a3185c5000191fdbd04471','acc_01a3185c5000191fdbc2378d','gift',30000,NULL,'welcome',30000,0,1800000000.0);
INSERT INTO "buckets" VALUES('bkt_01a3185c5000191fdbdc85e0','acc_01a3185c5000191fdbc2378d','bought',50,1800086400.0,'order 1',50,0,1800000000.0);
INSERT INTO "buckets" VALUES('bkt_01a3185c50fa2d99d9f301f4','acc_01a3185c5000191fdbc2378d','daily',2000,1800057600.0,'daily:acc_01a3185c5000191fdbc2378d:2027-01-15:2000',1402,588,1800000000.25);
INSERT INTO "buckets" VALUES('bkt_01a3185c50fa2d99d9f686c0','acc_01a3185c5000191fdbc2378d','plan',300000,1801440000.0,'plan:acc_01a3185c5000191fdbc2378d:2027-01:300000',300000,0,1800000000.25);
CREATE TABLE callbacks (
	id TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	job_id TEXT NOT NULL, 
	state TEXT NOT NULL, 
	attempts INTEGER DEFAULT 0 NOT NULL, 
	next_at DOUBLE NOT NULL, 
	done_at DOUBLE, 
	last_status INTEGER, 
	last_error TEXT, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_callbacks PRIMARY KEY (id), 
	CONSTRAINT ck_callbacks_ck_callbacks_state CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')), 
	CONSTRAINT fk_callbacks_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE clips (
	id TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	job_id TEXT, 
	project_id TEXT, 
	prompt TEXT DEFAULT '' NOT NULL, 
	model TEXT NOT NULL, 
	seed BIGINT, 
	width INTEGER NOT NULL, 
	height INTEGER NOT NULL, 
	frames INTEGER NOT NULL, 
	fps INTEGER NOT NULL, 
	seconds DOUBLE NOT NULL, 
	bytes BIGINT NOT NULL, 
	sha256 TEXT NOT NULL, 
	video_key TEXT NOT NULL, 
	poster_key TEXT, 
	sprite_key TEXT, 
	recipe JSON NOT NULL, 
	parent_id TEXT, 
	relation TEXT, 
	favourite BOOLEAN DEFAULT false NOT NULL, 
	tags JSON DEFAULT '[]' NOT NULL, 
	words TEXT DEFAULT '' NOT NULL, 
	defects JSON DEFAULT '[]' NOT NULL, 
	trashed_at DOUBLE, 
	created_at DOUBLE NOT NULL, meaning TEXT DEFAULT '' NOT NULL, score JSON, 
	CONSTRAINT pk_clips PRIMARY KEY (id), 
	CONSTRAINT ck_clips_ck_clips_relation CHECK (relation IN ('remix', 'extend', 'finish', 'rerun')), 
	CONSTRAINT fk_clips_account_id FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT uq_clips_job_id UNIQUE (job_id)
);
INSERT INTO "clips" VALUES('clip_01a3185c50fa2d99da0eb5eb','acc_01a3185c5000191fdbc2378d','job_01a3185c50fa2d99da0ac94f','prj_01a3185c5000191fdbe8bd3e','a red ball bounces','vitascope-nano',7,256,256,9,16,0.5625,8192,'f10a33cb01a8c337af94400d0b3dc0814562049cad5fdccf25c13a50ce224679','clips/clip_01a3185c50fa2d99da0eb5eb/video.mp4','clips/clip_01a3185c50fa2d99da0eb5eb/poster.jpg','clips/clip_01a3185c50fa2d99da0eb5eb/sprite.jpg','{"format": 1, "vitascope": "0.1.0", "model": {"name": "vitascope-nano", "weights": "d15cd15cd15cd15cd15cd15cd15cd15cd15cd15cd15cd15cd15cd15cd15cd15c"}, "spec": {"prompt": "a red ball bounces", "negative_prompt": "", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 0.5, "aspect": "1:1", "size": null, "seed": 7, "steps": 4, "guidance": null, "model": "vitascope-nano"}}',NULL,NULL,1,'["best", "\u6d77"]',' a red ball bounces best 海 ','[]',NULL,1800000000.25,' thing:ball colour:red motion:bounce ',NULL);
CREATE TABLE deliveries (
	id TEXT NOT NULL, 
	webhook_id TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	event_kind TEXT NOT NULL, 
	payload JSON NOT NULL, 
	attempts INTEGER DEFAULT 0 NOT NULL, 
	next_at DOUBLE NOT NULL, 
	done_at DOUBLE, 
	last_status INTEGER, 
	last_error TEXT, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_deliveries PRIMARY KEY (id), 
	CONSTRAINT fk_deliveries_account_id FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT fk_deliveries_webhook_id FOREIGN KEY(webhook_id) REFERENCES webhooks (id) ON DELETE CASCADE
);
INSERT INTO "deliveries" VALUES('dlv_01a3185c50fa2d99da1eb487','whk_01a3185c5000191fdbeb7b06','acc_01a3185c5000191fdbc2378d','job.succeeded','{"type": "job.succeeded", "timestamp": "2027-01-15T08:00:00.250Z", "data": {"job_id": "job_01a3185c50fa2d99da0ac94f", "state": "succeeded", "batch_id": "bat_01a3185c50fa2d99d9fe8dee", "step": 4, "steps": 4, "clip_id": "clip_01a3185c50fa2d99da0eb5eb"}}',0,1800000000.25,NULL,NULL,NULL,1800000000.25);
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	account_id TEXT NOT NULL, 
	job_id TEXT, 
	kind TEXT NOT NULL, 
	data JSON NOT NULL, 
	at DOUBLE NOT NULL, 
	CONSTRAINT fk_events_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
INSERT INTO "events" VALUES(1,'acc_01a3185c5000191fdbc2378d','job_01a3185c50fa2d99da0ac94f','job.queued','{"state": "queued", "batch_id": "bat_01a3185c50fa2d99d9fe8dee", "step": 0, "steps": 4}',1800000000.25);
INSERT INTO "events" VALUES(2,'acc_01a3185c5000191fdbc2378d','job_01a3185c50fa2d99da0ac94f','job.running','{"state": "running", "batch_id": "bat_01a3185c50fa2d99d9fe8dee", "step": 0, "steps": 4}',1800000000.25);
INSERT INTO "events" VALUES(3,'acc_01a3185c5000191fdbc2378d','job_01a3185c50fa2d99da0ac94f','job.succeeded','{"state": "succeeded", "batch_id": "bat_01a3185c50fa2d99d9fe8dee", "step": 4, "steps": 4, "clip_id": "clip_01a3185c50fa2d99da0eb5eb"}',1800000000.25);
INSERT INTO "events" VALUES(4,'acc_01a3185c5000191fdbc2378d','job_01a3185c55dc04da89e8df6b','job.queued','{"state": "queued", "batch_id": "bat_01a3185c55dc04da89db9bff", "step": 0, "steps": 4}',1800000001.5);
INSERT INTO "events" VALUES(5,'acc_01a3185c5000191fdbc2378d','job_01a3185c55dc04da89e8df6b','job.running','{"state": "running", "batch_id": "bat_01a3185c55dc04da89db9bff", "step": 0, "steps": 4}',1800000001.5);
INSERT INTO "events" VALUES(6,'acc_01a3185c5000191fdbc2378d','job_01a3185c55dc04da89e8df6b','job.failed','{"state": "failed", "batch_id": "bat_01a3185c55dc04da89db9bff", "step": 0, "steps": 4, "error": {"code": "bad_clip", "message": "The clip broke.", "hint": "Try again."}}',1800000001.5);
INSERT INTO "events" VALUES(7,'acc_01a3185c5000191fdbc2378d','job_01a3185c56d6281b31c5f418','job.queued','{"state": "queued", "batch_id": "bat_01a3185c56d6281b31bc276b", "step": 0, "steps": 4}',1800000001.75);
INSERT INTO "events" VALUES(8,'acc_01a3185c5000191fdbc2378d','job_01a3185c56d6281b31c5f418','job.cancelled','{"state": "cancelled", "batch_id": "bat_01a3185c56d6281b31bc276b", "step": 0, "steps": 4}',1800000001.75);
INSERT INTO "events" VALUES(9,'acc_01a3185c5000191fdbc2378d','job_01a3185c57d029d32ecda5da','job.queued','{"state": "queued", "batch_id": "bat_01a3185c57d029d32ec39bcb", "step": 0, "steps": 4}',1800000002.0);
INSERT INTO "events" VALUES(10,'acc_01a3185c5000191fdbc2378d','job_01a3185c57d029d32ecda5da','job.running','{"state": "running", "batch_id": "bat_01a3185c57d029d32ec39bcb", "step": 0, "steps": 4}',1800000002.0);
INSERT INTO "events" VALUES(11,'acc_01a3185c5000191fdbc2378d','job_01a3185c57d029d32ecda5da','job.progress','{"state": "running", "batch_id": "bat_01a3185c57d029d32ec39bcb", "step": 2, "steps": 4, "preview_at": 1800000003, "look": 2}',1800000003.0);
INSERT INTO "events" VALUES(12,'acc_01a3185c5000191fdbc2378d','job_01a3185c5cb2351d37682fa5','job.queued','{"state": "queued", "batch_id": "bat_01a3185c5cb2351d3760814d", "step": 0, "steps": 4}',1800000003.25);
INSERT INTO "events" VALUES(13,'acc_01a3185c5000191fdbc2378d','job_01a3185c5dac0754290032d4','job.queued','{"state": "queued", "batch_id": "bat_01a3185c5dac075428f3ed8c", "step": 0, "steps": 4}',1800000003.5);
INSERT INTO "events" VALUES(14,'acc_01a3185c5000191fdbc2378d','job_01a3185c5dac075429011240','job.queued','{"state": "queued", "batch_id": "bat_01a3185c5dac075428f3ed8c", "step": 0, "steps": 4}',1800000003.5);
INSERT INTO "events" VALUES(15,'acc_01a3185c5000191fdbc2378d','job_01a3185c5ea60ca19da6e99f','job.queued','{"state": "queued", "batch_id": "bat_01a3185c5ea60ca19da6cab6", "step": 0, "steps": 4}',1800000003.75);
INSERT INTO "events" VALUES(16,'acc_01a3185c5000191fdbc2378d','job_01a3185c5fa035e4b5de5466','job.queued','{"state": "queued", "batch_id": "bat_01a3185c5fa035e4b5dc2531", "step": 0, "steps": 4}',1800000004.0);
INSERT INTO "events" VALUES(17,'acc_01a3185c5000191fdbc2378d','job_01a3185c609a7be079494940','job.queued','{"state": "queued", "batch_id": "bat_01a3185c609a7be079433d4f", "step": 0, "steps": 4}',1800000004.25);
INSERT INTO "events" VALUES(18,'acc_01a3185c5000191fdbc2378d','job_01a3185c61946591fcccb4ad','job.queued','{"state": "queued", "batch_id": "bat_01a3185c61946591fcc16ad5", "step": 0, "steps": 4}',1800000004.5);
INSERT INTO "events" VALUES(19,'acc_01a3185c5000191fdbc2378d','job_01a3185c628e210fcf89f333','job.queued','{"state": "queued", "batch_id": "bat_01a3185c628e210fcf7abbf4", "step": 0, "steps": 4}',1800000004.75);
INSERT INTO "events" VALUES(20,'acc_01a3185c5000191fdbc2378d','job_01a3185c6388104aef9120f4','job.queued','{"state": "queued", "batch_id": "bat_01a3185c6388104aef8722e3", "step": 0, "steps": 4}',1800000005.0);
INSERT INTO "events" VALUES(21,'acc_01a3185c5000191fdbc2378d','job_01a3185c648250607477a141','job.queued','{"state": "queued", "batch_id": "bat_01a3185c648250607474d8d7", "step": 0, "steps": 1}',1800000005.25);
INSERT INTO "events" VALUES(22,'acc_01a3185c5000191fdbc2378d','job_01a3185c657c47228ecad282','job.queued','{"state": "queued", "batch_id": "bat_01a3185c657c47228ec88b6f", "step": 0, "steps": 4}',1800000005.5);
INSERT INTO "events" VALUES(23,'acc_01a3185c5000191fdbc2378d','job_01a3185c66767ebadc1ee94e','job.queued','{"state": "queued", "batch_id": "bat_01a3185c66767ebadc1a1764", "step": 0, "steps": 12}',1800000005.75);
INSERT INTO "events" VALUES(24,'acc_01a3185c5000191fdbc2378d','job_01a3185c67707849d8388bbd','job.queued','{"state": "queued", "batch_id": "bat_01a3185c67707849d83278c3", "step": 0, "steps": 4}',1800000006.0);
INSERT INTO "events" VALUES(25,'acc_01a3185c5000191fdbc2378d','job_01a3185c686a1b942e5180c6','job.queued','{"state": "queued", "batch_id": "bat_01a3185c686a1b942e4d662c", "step": 0, "steps": 4}',1800000006.25);
INSERT INTO "events" VALUES(26,'acc_01a3185c5000191fdbc2378d','job_01a3185c6964186f7f40c204','job.queued','{"state": "queued", "batch_id": "bat_01a3185c6964186f7f314f08", "step": 0, "steps": 4}',1800000006.5);
CREATE TABLE handles (
	account_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	target TEXT NOT NULL, 
	data JSON DEFAULT '{}' NOT NULL, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_handles PRIMARY KEY (account_id, kind, name), 
	CONSTRAINT fk_handles_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
INSERT INTO "handles" VALUES('acc_01a3185c5000191fdbc2378d','external:openai','shot 1','job_01a3185c50fa2d99da0ac94f','{"at": 1}',1800000000.25);
CREATE TABLE idempotency (
	account_id TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	answer JSON NOT NULL, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_idempotency PRIMARY KEY (account_id, "key"), 
	CONSTRAINT fk_idempotency_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','done','d13b9d0e822c16c983d7ad02ae2eedd60f22f29ed865b51cd57315fcb4537f94','{"jobs": ["job_01a3185c50fa2d99da0ac94f"]}',1800000000.25);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','failed','9c91fdfbeaa2e55d6b6b420aa27849e7519994a4bf98c43b0a6f1c5a5a5c3584','{"jobs": ["job_01a3185c55dc04da89e8df6b"]}',1800000001.5);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','cancelled','aaca8aaaf7e433da9229d5465bce13d21fb096eeb3993bab4c6008fddad72080','{"jobs": ["job_01a3185c56d6281b31c5f418"]}',1800000001.75);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','running','fd6d997a9492e4eb779a7a410ac52c5123e1b960ca9dd35b0ab286a554ea1486','{"jobs": ["job_01a3185c57d029d32ecda5da"]}',1800000002.0);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','text','b3708fb7448dc0e5bfd682195ed1a2fc1c4448963522fb1b068df8d3b093f03c','{"jobs": ["job_01a3185c5cb2351d37682fa5"]}',1800000003.25);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','twice','8fb23f5732e4d863516bd4591347962f3e27dbe8c8d3291b65268dd2cad8fb0f','{"jobs": ["job_01a3185c5dac0754290032d4", "job_01a3185c5dac075429011240"]}',1800000003.5);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','first picture','db33e5acbcc8d64ce3f1178740417bb5554efb3b19341fd56b4af8fb25a08ea6','{"jobs": ["job_01a3185c5ea60ca19da6e99f"]}',1800000003.75);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','first and last','2da24ee63da76710cdcdad4f548c88de60d69b748cd99f5f40173c7cfecee9d8','{"jobs": ["job_01a3185c5fa035e4b5de5466"]}',1800000004.0);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','longer','6162ecd1596a329d7e42eb58783f68cfe5878dc9ed338e9fa91e74486f98cbef','{"jobs": ["job_01a3185c609a7be079494940"]}',1800000004.25);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','still','c008ea2d3402143ffbed683d13d7279df59e9e375c6c3976326ca346008976f0','{"jobs": ["job_01a3185c61946591fcccb4ad"]}',1800000004.5);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','size','6ca9c5985b50eed711982cbf029816aceb05fb82f861841e7ebd62edd23b13de','{"jobs": ["job_01a3185c628e210fcf89f333"]}',1800000004.75);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','odd length','e180492e3b47c7fa6268382fdce633f9057e63f0bdc7a5c9aa8e63ac6a4939a9','{"jobs": ["job_01a3185c6388104aef9120f4"]}',1800000005.0);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','draft','00c9401c69480ac3a5a0a42afa7c8f4affa93eff234f0f75f6b382babb76d9de','{"jobs": ["job_01a3185c648250607477a141"]}',1800000005.25);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','nearly','f9de3b7a61070ef9400c43070968b442d8cbb965f9549abed65e001aa7692315','{"jobs": ["job_01a3185c657c47228ecad282"]}',1800000005.5);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','steps','ba8dcdbc14752e5679622da179a4f8b6b1ce85b603cf16540acafd161d34e962','{"jobs": ["job_01a3185c66767ebadc1ee94e"]}',1800000005.75);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','other size','a1893a1103c2fc463dd78fb5ad8c182e064ee131b107fe449d93c18b6f0dc8dd','{"jobs": ["job_01a3185c67707849d8388bbd"]}',1800000006.0);
INSERT INTO "idempotency" VALUES('acc_01a3185c5000191fdbc2378d','remix','f8c4b963fc90bc16ed97b5364cdce1223b4bbf2499ba1bc09a5c6d37f2b62b08','{"jobs": ["job_01a3185c686a1b942e5180c6"]}',1800000006.25);
CREATE TABLE jobs (
	id TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	project_id TEXT, 
	batch_id TEXT NOT NULL, 
	state TEXT NOT NULL, 
	priority INTEGER DEFAULT 0 NOT NULL, 
	lane TEXT NOT NULL, 
	spec JSON NOT NULL, 
	request JSON, 
	model TEXT NOT NULL, 
	needs TEXT NOT NULL, 
	units BIGINT NOT NULL, 
	run_after DOUBLE DEFAULT 0 NOT NULL, 
	started_at DOUBLE, 
	finished_at DOUBLE, 
	attempts INTEGER DEFAULT 0 NOT NULL, 
	released INTEGER DEFAULT 0 NOT NULL, 
	lease_worker TEXT, 
	lease_until DOUBLE, 
	cancel_requested BOOLEAN DEFAULT false NOT NULL, 
	step INTEGER DEFAULT 0 NOT NULL, 
	steps INTEGER DEFAULT 0 NOT NULL, 
	preview_key TEXT, 
	preview_at DOUBLE, 
	told_at DOUBLE, 
	clip_id TEXT, 
	error_code TEXT, 
	error_message TEXT, 
	error_hint TEXT, 
	parent_clip_id TEXT, 
	relation TEXT, 
	idempotency TEXT, 
	compute_ms BIGINT DEFAULT 0 NOT NULL, 
	created_at DOUBLE NOT NULL, looks JSON DEFAULT '[]' NOT NULL, 
	CONSTRAINT pk_jobs PRIMARY KEY (id), 
	CONSTRAINT ck_jobs_ck_jobs_lease CHECK ((state = 'running') = (lease_worker IS NOT NULL AND lease_until IS NOT NULL)), 
	CONSTRAINT ck_jobs_ck_jobs_finished CHECK ((state IN ('queued', 'running')) = (finished_at IS NULL)), 
	CONSTRAINT ck_jobs_ck_jobs_lane CHECK (lane IN ('normal', 'offpeak', 'relaxed')), 
	CONSTRAINT ck_jobs_ck_jobs_needs CHECK (needs IN ('cpu', 'cuda')), 
	CONSTRAINT ck_jobs_ck_jobs_relation CHECK (relation IN ('remix', 'extend', 'finish', 'rerun')), 
	CONSTRAINT ck_jobs_ck_jobs_state CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')), 
	CONSTRAINT ck_jobs_ck_jobs_units CHECK (units >= 0), 
	CONSTRAINT fk_jobs_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
INSERT INTO "jobs" VALUES('job_01a3185c50fa2d99da0ac94f','acc_01a3185c5000191fdbc2378d','prj_01a3185c5000191fdbe8bd3e','bat_01a3185c50fa2d99d9fe8dee','succeeded',20,'normal','{"prompt": "a red ball bounces", "negative_prompt": "", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 0.5, "aspect": "1:1", "size": null, "seed": 7, "steps": 4, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "", "draft": false, "steps": null, "metadata": {}, "echo": {}, "notes": [], "external_id": "shot 1", "seconds": 0.5}','vitascope-nano','cpu',10,0.0,1800000000.25,1800000000.25,1,0,NULL,NULL,0,4,4,NULL,NULL,NULL,'clip_01a3185c50fa2d99da0eb5eb',NULL,NULL,NULL,NULL,NULL,'done',0,1800000000.25,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c55dc04da89e8df6b','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c55dc04da89db9bff','failed',20,'normal','{"prompt": "a ball that fails", "negative_prompt": "", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 1, "aspect": "1:1", "size": null, "seed": 1, "steps": 4, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "", "draft": false, "steps": null, "metadata": {}, "echo": {}, "notes": [], "seconds": 1}','vitascope-nano','cpu',20,0.0,1800000001.5,1800000001.5,1,0,NULL,NULL,0,0,4,NULL,NULL,NULL,NULL,'bad_clip','The clip broke.','Try again.',NULL,NULL,'failed',0,1800000001.5,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c56d6281b31c5f418','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c56d6281b31bc276b','cancelled',20,'normal','{"prompt": "a ball that is cancelled", "negative_prompt": "", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 1, "aspect": "1:1", "size": null, "seed": 1, "steps": 4, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "", "draft": false, "steps": null, "metadata": {}, "echo": {}, "notes": [], "seconds": 1}','vitascope-nano','cpu',20,0.0,NULL,1800000001.75,0,0,NULL,NULL,0,0,4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'cancelled',0,1800000001.75,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c57d029d32ecda5da','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c57d029d32ec39bcb','running',20,'normal','{"prompt": "a ball that is being drawn", "negative_prompt": "", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 1, "aspect": "16:9", "size": null, "seed": 2, "steps": 4, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "16:9", "draft": false, "steps": null, "metadata": {}, "echo": {}, "notes": [], "seconds": 1}','vitascope-nano','cpu',20,0.0,1800000002.0,NULL,1,0,'wrk_a',1800000603.0,0,2,4,'previews/job_01a3185c57d029d32ecda5da-2.webp',1800000003.0,1800000003.0,NULL,NULL,NULL,NULL,NULL,NULL,'running',120,1800000002.0,'[1, 2]');
INSERT INTO "jobs" VALUES('job_01a3185c5cb2351d37682fa5','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c5cb2351d3760814d','queued',20,'normal','{"prompt": "a red ball bounces", "negative_prompt": "", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 4.0, "aspect": "1:1", "size": null, "seed": 1253130565, "steps": 4, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "", "draft": false, "steps": null, "metadata": {}, "echo": {}, "notes": []}','vitascope-nano','cpu',80,0.0,NULL,NULL,0,0,NULL,NULL,0,0,4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'text',0,1800000003.25,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c5dac0754290032d4','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c5dac075428f3ed8c','queued',20,'normal','{"prompt": "\u4e00\u4e2a\u7ea2\u7403\u5f39\u8df3\n''; DROP TABLE jobs; -- \u2603", "negative_prompt": "blur", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 1, "aspect": "9:16", "size": null, "seed": 40, "steps": 4, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "9:16", "draft": false, "steps": null, "metadata": {}, "echo": {}, "notes": [], "n": 2, "seconds": 1}','vitascope-nano','cpu',20,0.0,NULL,NULL,0,0,NULL,NULL,0,0,4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'twice',0,1800000003.5,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c5dac075429011240','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c5dac075428f3ed8c','queued',20,'normal','{"prompt": "\u4e00\u4e2a\u7ea2\u7403\u5f39\u8df3\n''; DROP TABLE jobs; -- \u2603", "negative_prompt": "blur", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 1, "aspect": "9:16", "size": null, "seed": 41, "steps": 4, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "9:16", "draft": false, "steps": null, "metadata": {}, "echo": {}, "notes": [], "n": 2, "seconds": 1}','vitascope-nano','cpu',20,0.0,NULL,NULL,0,0,NULL,NULL,0,0,4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'twice',0,1800000003.5,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c5ea60ca19da6e99f','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c5ea60ca19da6cab6','queued',20,'normal','{"prompt": "it rolls", "negative_prompt": "", "image": {"png": "iVBORw0KGgoAAAANSUhEUgAAAQAAAAEACAIAAADTED8xAAACAElEQVR42u3TMREAMAgAsdIREfiXgixmNJBI+LuP7Hpw1ZcAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYALYBRocC8HRfGzcAAAAASUVORK5CYII=", "width": 256, "height": 256}, "last_image": null, "extend": null, "camera": null, "seconds": 1.5, "aspect": "1:1", "size": null, "seed": 3, "steps": 4, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "", "draft": false, "steps": null, "metadata": {}, "echo": {}, "notes": [], "seconds": 1.5}','vitascope-nano','cpu',30,0.0,NULL,NULL,0,0,NULL,NULL,0,0,4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'first picture',0,1800000003.75,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c5fa035e4b5de5466','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c5fa035e4b5dc2531','queued',20,'normal','{"prompt": "it turns", "negative_prompt": "", "image": {"png": "iVBORw0KGgoAAAANSUhEUgAAAQAAAAEACAIAAADTED8xAAACAElEQVR42u3TMREAMAgAsVINzPiXgixmNJBI+LuPznpw1ZcAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYALYBUvMC+ibFtt4AAAAASUVORK5CYII=", "width": 256, "height": 256}, "last_image": {"png": "iVBORw0KGgoAAAANSUhEUgAAAQAAAAEACAIAAADTED8xAAAB/klEQVR42u3TQREAAAQAQWTQP54c3jLYjXAzl90T8FVJgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAATAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMAAYAA4ABwABgADAAGAAMgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAYAAwABgADgAHAAGAAMAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADAAGAAOAAcAAYAAwABgADADXAmjTAw4uQLy0AAAAAElFTkSuQmCC", "width": 256, "height": 256}, "extend": null, "camera": null, "seconds": 1, "aspect": "1:1", "size": null, "seed": 4, "steps": 4, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "1:1", "draft": false, "steps": null, "metadata": {}, "echo": {}, "notes": [], "seconds": 1}','vitascope-nano','cpu',20,0.0,NULL,NULL,0,0,NULL,NULL,0,0,4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'first and last',0,1800000004.0,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c609a7be079494940','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c609a7be079433d4f','queued',20,'normal','{"prompt": "it stops", "negative_prompt": "", "image": null, "last_image": null, "extend": {"sha256": "f10a33cb01a8c337af94400d0b3dc0814562049cad5fdccf25c13a50ce224679", "frames": 9, "width": 256, "height": 256, "recipe": {"format": 1, "vitascope": "0.1.0", "model": {"name": "vitascope-nano", "weights": "d15cd15cd15cd15cd15cd15cd15cd15cd15cd15cd15cd15cd15cd15cd15cd15c"}, "spec": {"prompt": "a red ball bounces", "negative_prompt": "", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 0.5, "aspect": "1:1", "size": null, "seed": 7, "steps": 4, "guidance": null, "model": "vitascope-nano"}}}, "camera": null, "seconds": 1, "aspect": "1:1", "size": null, "seed": 5, "steps": 4, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "", "draft": false, "steps": null, "metadata": {}, "echo": {}, "notes": [], "seconds": 1}','vitascope-nano','cpu',20,0.0,NULL,NULL,0,0,NULL,NULL,0,0,4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'clip_01a3185c50fa2d99da0eb5eb','extend','longer',0,1800000004.25,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c61946591fcccb4ad','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c61946591fcc16ad5','queued',20,'normal','{"prompt": "a blue cube", "negative_prompt": "", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 0.0, "aspect": "1:1", "size": null, "seed": 6, "steps": 4, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "", "draft": false, "steps": null, "metadata": {}, "echo": {}, "notes": []}','vitascope-nano','cpu',10,0.0,NULL,NULL,0,0,NULL,NULL,0,0,4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'still',0,1800000004.5,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c628e210fcf89f333','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c628e210fcf7abbf4','queued',20,'normal','{"prompt": "a blue cube", "negative_prompt": "", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 0.51, "aspect": "16:9", "size": null, "seed": 8, "steps": 4, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "352x192", "draft": false, "steps": null, "metadata": {}, "echo": {}, "notes": ["0.51 seconds were asked; 1 are made, because clips come in groups of frames."], "seconds": 0.51}','vitascope-nano','cpu',20,0.0,NULL,NULL,0,0,NULL,NULL,0,0,4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'size',0,1800000004.75,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c6388104aef9120f4','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c6388104aef8722e3','queued',20,'normal','{"prompt": "a blue cube", "negative_prompt": "", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 5.0625, "aspect": "9:16", "size": null, "seed": 9, "steps": 4, "guidance": 2.5, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "9:16", "draft": false, "steps": null, "metadata": {}, "echo": {}, "notes": ["5.0625 seconds were asked; 5.5 are made, because clips come in groups of frames."], "seconds": 5.0625}','vitascope-nano','cpu',110,0.0,NULL,NULL,0,0,NULL,NULL,0,0,4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'odd length',0,1800000005.0,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c648250607477a141','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c648250607474d8d7','queued',20,'normal','{"prompt": "a red cube", "negative_prompt": "", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 2.0, "aspect": "1:1", "size": null, "seed": 10, "steps": 1, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "", "draft": true, "steps": null, "metadata": {}, "echo": {}, "notes": [], "seconds": 2.0}','vitascope-nano','cpu',8,0.0,NULL,NULL,0,0,NULL,NULL,0,0,1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'draft',0,1800000005.25,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c657c47228ecad282','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c657c47228ec88b6f','queued',20,'normal','{"prompt": "a red cube", "negative_prompt": "", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 1.5000000000000002, "aspect": "1:1", "size": null, "seed": 14, "steps": 4, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "", "draft": false, "steps": null, "metadata": {}, "echo": {}, "notes": [], "seconds": 1.5000000000000002}','vitascope-nano','cpu',30,0.0,NULL,NULL,0,0,NULL,NULL,0,0,4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'nearly',0,1800000005.5,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c66767ebadc1ee94e','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c66767ebadc1a1764','queued',20,'normal','{"prompt": "a red cube", "negative_prompt": "", "image": null, "last_image": null, "extend": null, "camera": {"words": "orbit left"}, "seconds": 2, "aspect": "1:1", "size": null, "seed": 11, "steps": 12, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "", "draft": false, "steps": 12, "metadata": {}, "echo": {}, "notes": [], "seconds": 2}','vitascope-nano','cpu',120,0.0,NULL,NULL,0,0,NULL,NULL,0,0,12,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'steps',0,1800000005.75,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c67707849d8388bbd','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c67707849d83278c3','queued',20,'normal','{"prompt": "a red cube", "negative_prompt": "", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 1, "aspect": "1:1", "size": [320, 256], "seed": 12, "steps": 4, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "320x256", "draft": false, "steps": null, "metadata": {}, "echo": {}, "notes": [], "seconds": 1}','vitascope-nano','cpu',50,0.0,NULL,NULL,0,0,NULL,NULL,0,0,4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'other size',0,1800000006.0,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c686a1b942e5180c6','acc_01a3185c5000191fdbc2378d','prj_01a3185c5000191fdbe8bd3e','bat_01a3185c686a1b942e4d662c','queued',20,'normal','{"prompt": "a blue ball bounces", "negative_prompt": "", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 0.5, "aspect": "1:1", "size": null, "seed": 7, "steps": 4, "guidance": null, "model": "vitascope-nano"}','{"dialect": "openai", "model": "", "size": "", "draft": false, "steps": null, "metadata": {}, "echo": {}, "notes": []}','vitascope-nano','cpu',10,0.0,NULL,NULL,0,0,NULL,NULL,0,0,4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'clip_01a3185c50fa2d99da0eb5eb','remix','remix',0,1800000006.25,'[]');
INSERT INTO "jobs" VALUES('job_01a3185c6964186f7f40c204','acc_01a3185c5000191fdbc2378d',NULL,'bat_01a3185c6964186f7f314f08','queued',20,'normal','{"prompt": "a tall one", "negative_prompt": "", "image": null, "last_image": null, "extend": null, "camera": null, "seconds": 1, "aspect": "1:1", "size": [192, 352], "seed": 13, "steps": 4, "guidance": null, "model": "vitascope-nano"}','null','vitascope-nano','cpu',20,0.0,NULL,NULL,0,0,NULL,NULL,0,0,4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,1800000006.5,'[]');
CREATE TABLE projects (
	id TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	trashed_at DOUBLE, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_projects PRIMARY KEY (id), 
	CONSTRAINT fk_projects_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
INSERT INTO "projects" VALUES('prj_01a3185c5000191fdbe8bd3e','acc_01a3185c5000191fdbc2378d','电影 "one"; it''s',NULL,1800000000.0);
CREATE TABLE rates (
	"key" TEXT NOT NULL, 
	tokens DOUBLE NOT NULL, 
	at DOUBLE NOT NULL, 
	CONSTRAINT pk_rates PRIMARY KEY ("key")
);
CREATE TABLE sessions (
	token_hash TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	expires_at DOUBLE NOT NULL, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (token_hash), 
	CONSTRAINT fk_sessions_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE settings (
	"key" TEXT NOT NULL, 
	value JSON, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_settings PRIMARY KEY ("key")
);
CREATE TABLE transfers (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at DOUBLE NOT NULL, 
	kind TEXT NOT NULL, 
	debit TEXT NOT NULL, 
	credit TEXT NOT NULL, 
	units BIGINT NOT NULL, 
	bucket_id TEXT NOT NULL, 
	job_id TEXT, 
	account_id TEXT NOT NULL, 
	CONSTRAINT ck_transfers_ck_transfers_job CHECK ((kind IN ('grant', 'expire')) = (job_id IS NULL)), 
	CONSTRAINT ck_transfers_ck_transfers_kind CHECK (kind IN ('grant', 'hold', 'post', 'void', 'refund', 'expire')), 
	CONSTRAINT ck_transfers_ck_transfers_sides CHECK (debit <> credit), 
	CONSTRAINT ck_transfers_ck_transfers_units CHECK (units > 0), 
	CONSTRAINT fk_transfers_account_id FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT fk_transfers_bucket_id FOREIGN KEY(bucket_id) REFERENCES buckets (id), 
	CONSTRAINT uq_transfers_job_id_bucket_id_kind UNIQUE (job_id, bucket_id, kind)
);
INSERT INTO "transfers" VALUES(1,1800000000.0,'grant','world','available:acc_01a3185c5000191fdbc2378d',30000,'bkt_01a3185c5000191fdbd04471',NULL,'acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(2,1800000000.0,'grant','world','available:acc_01a3185c5000191fdbc2378d',50,'bkt_01a3185c5000191fdbdc85e0',NULL,'acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(3,1800000000.25,'grant','world','available:acc_01a3185c5000191fdbc2378d',2000,'bkt_01a3185c50fa2d99d9f301f4',NULL,'acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(4,1800000000.25,'grant','world','available:acc_01a3185c5000191fdbc2378d',300000,'bkt_01a3185c50fa2d99d9f686c0',NULL,'acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(5,1800000000.25,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',10,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c50fa2d99da0ac94f','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(6,1800000000.25,'post','held:acc_01a3185c5000191fdbc2378d','revenue',10,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c50fa2d99da0ac94f','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(7,1800000001.5,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',20,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c55dc04da89e8df6b','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(8,1800000001.5,'void','held:acc_01a3185c5000191fdbc2378d','available:acc_01a3185c5000191fdbc2378d',20,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c55dc04da89e8df6b','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(9,1800000001.75,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',20,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c56d6281b31c5f418','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(10,1800000001.75,'void','held:acc_01a3185c5000191fdbc2378d','available:acc_01a3185c5000191fdbc2378d',20,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c56d6281b31c5f418','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(11,1800000002.0,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',20,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c57d029d32ecda5da','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(12,1800000003.25,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',80,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c5cb2351d37682fa5','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(13,1800000003.5,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',20,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c5dac0754290032d4','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(14,1800000003.5,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',20,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c5dac075429011240','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(15,1800000003.75,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',30,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c5ea60ca19da6e99f','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(16,1800000004.0,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',20,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c5fa035e4b5de5466','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(17,1800000004.25,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',20,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c609a7be079494940','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(18,1800000004.5,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',10,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c61946591fcccb4ad','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(19,1800000004.75,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',20,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c628e210fcf89f333','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(20,1800000005.0,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',110,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c6388104aef9120f4','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(21,1800000005.25,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',8,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c648250607477a141','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(22,1800000005.5,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',30,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c657c47228ecad282','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(23,1800000005.75,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',120,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c66767ebadc1ee94e','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(24,1800000006.0,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',50,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c67707849d8388bbd','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(25,1800000006.25,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',10,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c686a1b942e5180c6','acc_01a3185c5000191fdbc2378d');
INSERT INTO "transfers" VALUES(26,1800000006.5,'hold','available:acc_01a3185c5000191fdbc2378d','held:acc_01a3185c5000191fdbc2378d',20,'bkt_01a3185c50fa2d99d9f301f4','job_01a3185c6964186f7f40c204','acc_01a3185c5000191fdbc2378d');
CREATE TABLE turns (
	account_id TEXT NOT NULL, 
	turn BIGINT NOT NULL, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_turns PRIMARY KEY (account_id), 
	CONSTRAINT fk_turns_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
INSERT INTO "turns" VALUES('acc_01a3185c5000191fdbc2378d',3,1800000000.25);
CREATE TABLE webhooks (
	id TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	url TEXT NOT NULL, 
	secret TEXT NOT NULL, 
	events JSON DEFAULT '[]' NOT NULL, 
	disabled_at DOUBLE, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_webhooks PRIMARY KEY (id), 
	CONSTRAINT fk_webhooks_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
INSERT INTO "webhooks" VALUES('whk_01a3185c5000191fdbeb7b06','acc_01a3185c5000191fdbc2378d','https://example.org/hook','whsec_00000000000000000000000000000000','["job.succeeded"]',NULL,1800000000.0);
CREATE TABLE workers (
	id TEXT NOT NULL, 
	host TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	needs TEXT NOT NULL, 
	models JSON DEFAULT '[]' NOT NULL, 
	started_at DOUBLE NOT NULL, 
	seen_at DOUBLE NOT NULL, 
	busy INTEGER DEFAULT 0 NOT NULL, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_workers PRIMARY KEY (id)
);
CREATE INDEX ix_rates_at ON rates (at);
CREATE INDEX ix_api_keys_account_id ON api_keys (account_id);
CREATE INDEX ix_buckets_account_id ON buckets (account_id);
CREATE INDEX ix_buckets_expiring ON buckets (expires_at) WHERE available > 0 AND expires_at IS NOT NULL;
CREATE INDEX ix_buckets_open ON buckets (account_id, expires_at) WHERE available > 0 OR held > 0;
CREATE INDEX ix_clips_account_id_id ON clips (account_id, id);
CREATE INDEX ix_clips_account_id_sha256 ON clips (account_id, sha256);
CREATE INDEX ix_clips_parent_id ON clips (parent_id);
CREATE INDEX ix_clips_project_id ON clips (project_id);
CREATE INDEX ix_clips_trashed ON clips (trashed_at) WHERE trashed_at IS NOT NULL;
CREATE INDEX ix_events_account_id_id ON events (account_id, id);
CREATE INDEX ix_events_at ON events (at);
CREATE INDEX ix_events_job_id_id ON events (job_id, id);
CREATE INDEX ix_idempotency_created_at ON idempotency (created_at);
CREATE INDEX ix_jobs_account_id_id ON jobs (account_id, id);
CREATE INDEX ix_jobs_batch_id ON jobs (batch_id);
CREATE INDEX ix_jobs_finished_at ON jobs (finished_at);
CREATE INDEX ix_jobs_running ON jobs (account_id, lease_until) WHERE state = 'running';
CREATE INDEX ix_jobs_waiting ON jobs (lane, account_id, priority, id, created_at, model, needs, run_after) WHERE state = 'queued';
CREATE INDEX ix_projects_account_id ON projects (account_id);
CREATE INDEX ix_sessions_account_id ON sessions (account_id);
CREATE INDEX ix_turns_turn ON turns (turn);
CREATE INDEX ix_webhooks_account_id ON webhooks (account_id);
CREATE INDEX ix_deliveries_due ON deliveries (next_at) WHERE done_at IS NULL;
CREATE INDEX ix_deliveries_webhook_id ON deliveries (webhook_id);
CREATE INDEX ix_transfers_account_id_id ON transfers (account_id, id);
CREATE INDEX ix_transfers_bucket_id ON transfers (bucket_id);
CREATE TRIGGER transfers_refuse_update BEFORE UPDATE ON transfers BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;
CREATE TRIGGER transfers_refuse_delete BEFORE DELETE ON transfers BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;
CREATE INDEX ix_handles_kind_created_at ON handles (kind, created_at);
CREATE INDEX ix_callbacks_job_id_id ON callbacks (job_id, id);
CREATE INDEX ix_callbacks_done_at ON callbacks (done_at);
CREATE INDEX ix_callbacks_due ON callbacks (next_at) WHERE done_at IS NULL;
CREATE INDEX ix_clips_unscored ON clips (id) WHERE score IS NULL AND trashed_at IS NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('transfers',26);
INSERT INTO "sqlite_sequence" VALUES('events',26);
COMMIT;

"""What must be true of jobs and money at every moment between two transactions, as queries that look for what breaks
it. Run by the tests after every step, and in production on a schedule inside `store.read()`, which sees one moment.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.store.job import MAX_ATTEMPTS

# Each rule: the sentence, filled with the columns of every row its query finds.
_SUMS = """
    SELECT bucket_id,
           SUM(CASE WHEN credit LIKE 'available:%' THEN units ELSE 0 END)
             - SUM(CASE WHEN debit LIKE 'available:%' THEN units ELSE 0 END) AS available,
           SUM(CASE WHEN credit LIKE 'held:%' THEN units ELSE 0 END)
             - SUM(CASE WHEN debit LIKE 'held:%' THEN units ELSE 0 END) AS held,
           SUM(CASE WHEN kind = 'grant' OR kind = 'refund' THEN units ELSE 0 END) AS given
    FROM transfers GROUP BY bucket_id
"""
_PAID = """
    SELECT job_id, MIN(account_id) AS account_id, MAX(account_id) AS last_account,
           SUM(CASE WHEN kind = 'hold' THEN units ELSE 0 END) AS held,
           SUM(CASE WHEN kind = 'post' THEN units ELSE 0 END) AS posted,
           SUM(CASE WHEN kind = 'void' THEN units ELSE 0 END) AS voided,
           SUM(CASE WHEN kind = 'refund' THEN units ELSE 0 END) AS refunded
    FROM transfers WHERE job_id IS NOT NULL GROUP BY job_id
"""
RULES: tuple[tuple[str, str], ...] = (
    (
        "Bucket {id} says {available} available, {held} held; its transfers add up to {sum_available} and {sum_held}.",
        f"""SELECT b.id, b.available, b.held, COALESCE(s.available, 0) AS sum_available,
                   COALESCE(s.held, 0) AS sum_held
            FROM buckets b LEFT JOIN ({_SUMS}) s ON s.bucket_id = b.id
            WHERE b.available <> COALESCE(s.available, 0) OR b.held <> COALESCE(s.held, 0)""",
    ),
    (
        "Bucket {bucket_id} is below zero: {available} available, {held} held.",
        f"SELECT bucket_id, available, held FROM ({_SUMS}) s WHERE available < 0 OR held < 0",
    ),
    (
        "Bucket {id} was given {given} units and says {units}.",
        f"SELECT b.id, b.units, s.given FROM buckets b JOIN ({_SUMS}) s ON s.bucket_id = b.id WHERE b.units <> s.given",
    ),
    (
        "{name} of the books is below zero: {balance}.",
        """SELECT name, SUM(units) AS balance FROM (
               SELECT credit AS name, units FROM transfers UNION ALL SELECT debit, -units FROM transfers
           ) sides WHERE name <> 'world' GROUP BY name HAVING SUM(units) < 0""",
    ),
    (
        "Transfer {id} is a {kind} from {debit} to {credit}.",
        """SELECT id, kind, debit, credit FROM transfers WHERE NOT (
               (kind = 'grant' AND debit = 'world' AND credit = 'available:' || account_id)
               OR (kind = 'hold' AND debit = 'available:' || account_id AND credit = 'held:' || account_id)
               OR (kind = 'post' AND debit = 'held:' || account_id AND credit = 'revenue')
               OR (kind = 'void' AND debit = 'held:' || account_id AND credit = 'available:' || account_id)
               OR (kind = 'refund' AND debit = 'revenue' AND credit = 'available:' || account_id)
               OR (kind = 'expire' AND debit = 'available:' || account_id AND credit = 'world'))""",
    ),
    (
        "Transfer {id} moves units of {account_id} in a bucket of {owner}.",
        """SELECT t.id, t.account_id, b.account_id AS owner FROM transfers t JOIN buckets b ON b.id = t.bucket_id
           WHERE t.account_id <> b.account_id""",
    ),
    (
        "{job_id} held {held} units; {posted} were posted, {voided} voided.",
        f"""SELECT job_id, held, posted, voided FROM ({_PAID}) p
            WHERE (posted > 0 AND voided > 0) OR (posted > 0 AND posted <> held) OR (voided > 0 AND voided <> held)""",
    ),
    (
        "{job_id} was refunded {refunded} units of {posted}.",
        f"SELECT job_id, refunded, posted FROM ({_PAID}) p WHERE refunded > posted",
    ),
    (
        "{id} is {state} and costs {units}; {open} units are held for it.",
        f"""SELECT j.id, j.state, j.units, COALESCE(p.held - p.posted - p.voided, 0) AS open
            FROM jobs j LEFT JOIN ({_PAID}) p ON p.job_id = j.id
            WHERE COALESCE(p.held - p.posted - p.voided, 0)
                  <> CASE WHEN j.state IN ('queued', 'running') THEN j.units ELSE 0 END""",
    ),
    (
        "{id} is {state} and costs {units}; {posted} units were posted.",
        f"""SELECT j.id, j.state, j.units, COALESCE(p.posted, 0) AS posted
            FROM jobs j LEFT JOIN ({_PAID}) p ON p.job_id = j.id
            WHERE COALESCE(p.posted, 0) <> CASE WHEN j.state = 'succeeded' THEN j.units ELSE 0 END""",
    ),
    (
        "{id} of {account_id} was paid by {payer}.",
        f"""SELECT j.id, j.account_id, p.last_account AS payer FROM jobs j JOIN ({_PAID}) p ON p.job_id = j.id
            WHERE p.account_id <> j.account_id OR p.last_account <> j.account_id""",
    ),
    (
        "{open} units are held for {job_id}, which is no job.",
        f"""SELECT p.job_id, p.held - p.posted - p.voided AS open FROM ({_PAID}) p
            LEFT JOIN jobs j ON j.id = p.job_id WHERE j.id IS NULL AND p.held <> p.posted + p.voided""",
    ),
    (
        "{id} succeeded without naming its clip.",
        "SELECT id FROM jobs WHERE state = 'succeeded' AND clip_id IS NULL",
    ),
    (
        "{id} is {state} and has the clip {clip_id}.",
        "SELECT id, state, clip_id FROM jobs WHERE state <> 'succeeded' AND clip_id IS NOT NULL",
    ),
    (
        "{id} names {job_id} as its job, which is {state} and names {other}.",
        """SELECT c.id, c.job_id, j.state, j.clip_id AS other FROM clips c JOIN jobs j ON j.id = c.job_id
           WHERE j.state <> 'succeeded' OR j.clip_id <> c.id OR j.account_id <> c.account_id""",
    ),
    (
        "{id} runs on another server, and has no purchase that is looked after.",
        """SELECT j.id FROM jobs j LEFT JOIN purchases p ON p.id = j.lease_worker AND p.job_id = j.id
           WHERE j.state = 'running' AND j.needs = 'remote'
                 AND (p.id IS NULL OR p.settled_at IS NOT NULL OR p.next_at IS NULL)""",
    ),
    (
        "{id} is {state} and not settled, and its job {job_id} is {job_state}.",
        """SELECT p.id, p.state, p.job_id, j.state AS job_state FROM purchases p LEFT JOIN jobs j ON j.id = p.job_id
           WHERE p.settled_at IS NULL AND (j.id IS NULL OR j.state <> 'running' OR j.lease_worker <> p.id)""",
    ),
    (
        "{id} is {state} with {sends} sends and the ticket {handle}.",
        """SELECT id, state, sends, handle FROM purchases
           WHERE (state IN ('placed', 'done') AND handle IS NULL) OR (state = 'written' AND sends > 0)
                 OR (state IN ('sent', 'unsure', 'placed', 'done', 'lost') AND sends < 1)""",
    ),
    (
        "{id} of a film names {job_id} as its job, which is {why}.",
        """SELECT t.id, t.job_id, CASE WHEN j.id IS NULL THEN 'none' ELSE 'of another account' END AS why
           FROM film_takes t LEFT JOIN jobs j ON j.id = t.job_id
           WHERE t.job_id IS NOT NULL AND (j.id IS NULL OR j.account_id <> t.account_id)""",
    ),
    (
        "{id} of a film is {state} without what belongs to that.",
        """SELECT id, state FROM film_takes
           WHERE (state = 'ordered') <> (job_id IS NOT NULL)
                 OR (state = 'made' AND removed_at IS NULL AND clip_id IS NULL AND (key IS NULL OR media IS NULL))
                 OR (state = 'failed' AND removed_at IS NULL AND error IS NULL)""",
    ),
    (
        "{id} runs before {after}, which is {state}.",
        """SELECT j.id, j.after, COALESCE(e.state, 'gone') AS state FROM jobs j LEFT JOIN jobs e ON e.id = j.after
           WHERE j.after IS NOT NULL AND j.state IN ('running', 'succeeded')
                 AND (e.id IS NULL OR e.state <> 'succeeded')""",
    ),
    (
        "{id} is at version {version}, and its last change at {last}.",
        """SELECT f.id, f.version, MAX(v.version) AS last FROM films f LEFT JOIN film_versions v ON v.film_id = f.id
           GROUP BY f.id, f.version HAVING MAX(v.version) IS NULL OR MAX(v.version) <> f.version""",
    ),
    (
        "{id} failed without a reason.",
        "SELECT id FROM jobs WHERE state = 'failed' AND (error_code IS NULL OR error_message IS NULL)",
    ),
    (
        "{id} was claimed {attempts} times, {released} of them given back.",
        """SELECT id, attempts, released FROM jobs WHERE attempts < released OR (state = 'running' AND attempts < 1)
           OR attempts - released > {max_attempts}""",
    ),
)


def broken(tx: Connection, *, limit: int = 20) -> list[str]:
    """Every broken rule as a sentence with its numbers, at most `limit` for each rule; empty when all is well."""
    found = []
    for sentence, query in RULES:
        statement = sa.text(query.replace("{max_attempts}", str(MAX_ATTEMPTS)) + f" LIMIT {limit}")
        found += [sentence.format(**row._mapping) for row in tx.execute(statement)]
    return found

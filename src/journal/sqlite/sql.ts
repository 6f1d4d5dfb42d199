/** The tables of a store and every statement on them. */

/** Written into the file; a file of a higher one is not touched. */
export const FORMAT = 3;

/** "Sennit" in the header of the file, so that no other database is taken for a store. */
export const APPLICATION_ID = 0x53656e74;

export const SCHEMA = `
create table owner (only_one integer primary key check (only_one = 1), epoch integer not null) strict;
insert into owner values (1, 0);

create table run (
  n integer primary key,
  id text not null unique,
  state text not null,
  name text not null,
  created integer not null,
  updated integer not null,
  wake integer,
  reason text not null,
  ir text not null,
  queue text not null,
  key text not null default '',
  priority integer not null,
  parent text,
  snap integer not null default 0,
  durable integer not null
) strict;
create index run_by_wake on run (wake) where wake is not null;
create index run_by_state on run (state);
create index run_by_queue on run (queue, state);
create index run_by_created on run (created);
create index run_by_parent on run (parent) where parent is not null;
create index run_by_turn on run (priority desc) where state = 'queued';

/* In the order in which they were written: so the entries of all runs that a commit takes lie on the same few pages. */
create table entry (
  n integer primary key,
  run integer not null,
  lsn integer not null,
  count integer not null,
  body blob not null,
  chain blob not null,
  at integer not null
) strict;
create unique index entry_by_run on entry (run, lsn);

create table blob (
  n integer primary key,
  digest blob not null unique,
  bytes blob not null
) strict;
create table kept (
  run integer not null,
  blob integer not null,
  primary key (run, blob)
) without rowid, strict;
create index kept_by_blob on kept (blob);

create table mark (
  run integer not null,
  reader text not null,
  lsn integer not null,
  primary key (run, reader)
) without rowid, strict;

create table sender (
  run integer not null,
  sender text not null,
  lsn integer not null,
  primary key (run, sender)
) without rowid, strict;

create table setting (
  key text primary key,
  value blob not null
) without rowid, strict;
`;

/** Of an id in hex digits and points: what comes before its last part, and whether that part is an effect's id. */
const above = (id: string): string =>
  `substr(rtrim(${id}, '0123456789abcdef'), 1, length(rtrim(${id}, '0123456789abcdef')) - 1)`;
const endsInEffect = (id: string): string => `length(${id}) - length(rtrim(${id}, '0123456789abcdef')) = 32`;

/**
 * From each format to the next, from 1 on. To 2: which run spawned another is told by its id, which was that run's, the
 * effect's and the attempt's if it was not the first. To 3: each entry is a row of its own, as it was.
 */
export const MIGRATIONS: readonly string[] = [
  `
alter table run add column key text not null default '';
alter table run add column parent text;
alter table run add column snap integer not null default 0;
drop index run_by_state;
create index run_by_state on run (state);
create index run_by_queue on run (queue, state);
alter table entry add column at integer not null default 0;
create index run_by_parent on run (parent) where parent is not null;
create index run_by_turn on run (priority desc) where state = 'queued';
create table setting (key text primary key, value blob not null) without rowid, strict;
update run set parent = (select other.id from run as other where other.id = iif(
  ${endsInEffect("run.id")}, ${above("run.id")}, iif(${endsInEffect(above("run.id"))}, ${above(above("run.id"))}, null)))
where id like '%.%';
`,
  `
alter table entry rename to entry_before;
create table entry (n integer primary key, run integer not null, lsn integer not null, count integer not null,
  body blob not null, chain blob not null, at integer not null) strict;
insert into entry (run, lsn, count, body, chain, at) select run, lsn, 1, body, chain, at from entry_before order by run, lsn;
drop table entry_before;
create unique index entry_by_run on entry (run, lsn);
`,
];

export const SQL = {
  epoch: "select epoch from owner",
  nextEpoch: "update owner set epoch = epoch + 1",
  header:
    "select n, id, state, name, created, updated, wake, reason, ir, queue, key, priority, parent, snap, durable from run where id = ?",
  insertRun: `insert into run (id, state, name, created, updated, wake, reason, ir, queue, key, priority, parent, snap,
    durable) values (?, ?, ?, ?, ?, null, '', ?, ?, ?, ?, ?, 0, ?)`,
  updateRun: `update run set state = ?, updated = ?, wake = ?, reason = ?, ir = ?, queue = ?, priority = ?, snap = ?,
    durable = ? where n = ?`,
  /** What every append changes. */
  advance: "update run set updated = ?, durable = ? where n = ?",
  insertEntry: "insert into entry (run, lsn, count, body, chain, at) values (?, ?, ?, ?, ?, ?)",
  lastChain: "select chain from entry where run = ? order by lsn desc limit 1",
  /** Rows from the one on that a position lies in, or would. */
  rows: `select lsn, count, body, at, chain from entry where run = ?1 and lsn >=
    coalesce((select max(lsn) from entry where run = ?1 and lsn <= ?2), 0) order by lsn limit ?3`,
  rowBefore: "select n, lsn, count, body, chain from entry where run = ? and lsn < ? order by lsn desc limit 1",
  shorten: "update entry set lsn = ?, count = ?, body = ?, chain = ? where n = ?",
  insertBlob: "insert or ignore into blob (digest, bytes) values (?, ?)",
  keepBlob: "insert or ignore into kept (run, blob) select ?, n from blob where digest = ?",
  blob: "select bytes from blob where digest = ?",
  insertSender: "insert into sender (run, sender, lsn) values (?, ?, ?)",
  sender: "select lsn from sender where run = (select n from run where id = ?) and sender = ?",
  mark: "insert into mark (run, reader, lsn) values (?, ?, ?) on conflict do update set lsn = excluded.lsn",
  marked: "select lsn from mark where run = (select n from run where id = ?) and reader = ?",
  set: "insert into setting (key, value) values (?, ?) on conflict do update set value = excluded.value",
  setting: "select key, value from setting where key = ?",
  settings: "select key, value from setting where substr(key, 1, ?) = ? order by key",
  deleteSetting: "delete from setting where key = ?",
  deleteMarks: "delete from mark where run = ?",
  deleteRun: "delete from run where n = ?",
  deleteEntries: "delete from entry where run = ?",
  deleteSenders: "delete from sender where run = ?",
  deleteKept: "delete from kept where run = ?",
  deleteUnkept: "delete from blob where n not in (select blob from kept)",
  /** START stays: everything that pins the run is in it. */
  forget: "delete from entry where run = ? and lsn > 1 and lsn < ?",
  cut: "delete from entry where run = ? and lsn > ?",
  cutSenders: "delete from sender where run = ? and lsn > ?",
  /** A snapshot that was cut off is none; the ones before it cannot be told from here. */
  setDurable: "update run set durable = ?1, snap = iif(snap > ?1, 0, snap) where n = ?2",
  ids: "select id from run order by n",
  size: "select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()",
} as const;

/** What conditions and an order are added to. */
export const LIST =
  "select n, id, state, name, created, updated, wake, reason, ir, queue, key, priority, parent, snap, durable from run";

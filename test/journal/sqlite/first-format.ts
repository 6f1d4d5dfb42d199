/** The tables of a store's file as the first format had them: never changed. */

export const FIRST_FORMAT: string = `
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
  priority integer not null,
  durable integer not null
) strict;
create index run_by_wake on run (wake) where wake is not null;
create index run_by_state on run (state, queue, priority);
create index run_by_created on run (created);

create table entry (
  run integer not null,
  lsn integer not null,
  body blob not null,
  chain blob not null,
  primary key (run, lsn)
) without rowid, strict;

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

pragma application_id = ${0x53656e74};
pragma user_version = 1;
`;

/**
 * Forward only, numbered, never edited once released. Plain SQL that SQLite and PostgreSQL both read, but for the
 * triggers. A migration runs in one transaction with the row that records it.
 */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}

const scope = "tenant text not null, site text not null";

export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: "releases, devices and actions",
    statements: [
      `create table counters (${scope}, name text not null, value integer not null, primary key (tenant, site, name))`,
      `create table tokens (${scope}, id text not null, hash text not null, role text not null, label text not null,
        pattern text, created_at bigint not null, revoked_at bigint, primary key (tenant, site, id))`,
      "create unique index tokens_hash on tokens (tenant, site, hash)",
      `create table devices (${scope}, controller_id text not null, profile text not null, token_hash text,
        attributes text not null, attributes_at bigint, attributes_wanted integer not null, vendor_id text,
        class_id text, installed_sequence text, installed_digest text, installed_action integer,
        last_seen_at bigint, last_address text, created_at bigint not null,
        primary key (tenant, site, controller_id))`,
      `create table blobs (${scope}, sha256 text not null, sha1 text not null, md5 text not null,
        size bigint not null, created_at bigint not null, primary key (tenant, site, sha256))`,
      `create table releases (${scope}, id integer not null, envelope_sha256 text not null,
        manifest_digest text not null, vendor_id text not null, class_id text not null, components text not null,
        sequence text not null, name text not null, version text not null, notes text, published_at bigint not null,
        published_by text not null, primary key (tenant, site, id),
        foreign key (tenant, site, envelope_sha256) references blobs (tenant, site, sha256))`,
      "create unique index releases_envelope on releases (tenant, site, envelope_sha256)",
      "create unique index releases_sequence on releases (tenant, site, vendor_id, class_id, components, sequence)",
      "create index releases_newest on releases (tenant, site, vendor_id, class_id, sequence)",
      `create table release_artifacts (${scope}, release_id integer not null, filename text not null,
        sha256 text not null, kind text not null, primary key (tenant, site, release_id, filename),
        foreign key (tenant, site, release_id) references releases (tenant, site, id),
        foreign key (tenant, site, sha256) references blobs (tenant, site, sha256))`,
      "create index release_artifacts_blob on release_artifacts (tenant, site, sha256)",
      `create table actions (${scope}, id integer not null check (id between 1 and 2147483647),
        controller_id text not null, release_id integer not null, profile text not null, state text not null,
        link text not null, cancel text not null, attempts integer not null, fetched text not null,
        integrated integer not null, unproven integer not null, reason text, known_by text,
        forgiven integer not null, retrieved_at bigint, started_at bigint, closed_at bigint,
        created_at bigint not null, updated_at bigint not null, feedback_count integer not null,
        last_feedback text, primary key (tenant, site, id),
        foreign key (tenant, site, controller_id) references devices (tenant, site, controller_id),
        foreign key (tenant, site, release_id) references releases (tenant, site, id))`,
      "create unique index actions_open on actions (tenant, site, controller_id) where link = 'open'",
      "create index actions_history on actions (tenant, site, controller_id, release_id)",
      `create table downloads (${scope}, action_id integer not null, filename text not null, count integer not null,
        primary key (tenant, site, action_id, filename),
        foreign key (tenant, site, action_id) references actions (tenant, site, id))`,
      `create table events (${scope}, id bigint not null, at bigint not null, kind text not null, actor text not null,
        controller_id text, action_id integer, release_id integer, data text not null, evidence text,
        primary key (tenant, site, id))`,
      "create index events_action on events (tenant, site, action_id, id)",
      `create trigger events_no_update before update on events begin select raise(abort, 'events are append-only'); end`,
      `create trigger events_no_delete before delete on events begin select raise(abort, 'events are append-only'); end`,
    ],
  },
];
